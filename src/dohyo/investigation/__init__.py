"""What an analyst asks next about an alert, from the same logs: the process and its kin, what it did, where else its
destination was talked to, how rare and how regular that is."""
