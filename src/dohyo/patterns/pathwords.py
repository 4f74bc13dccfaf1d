"""Words by which a backslash is known to belong to a Windows path and not to a regex."""

from __future__ import annotations

#: Names of folders, programs and registry keys whose first letter is also a regex escape (``\\system32`` could be
#: ``\\s`` and ``ystem32``). Lower case. A word with another first letter needs no entry.
_PATH_WORDS = (
    "backup backups bash bcdedit bcp bginfo bin bitlocker bitsadmin boot bootcfg browser browsers build "
    "data dcom default defender desktop dfs device devices diantz dism diskshadow dllhost dllhost32 dnscmd docs "
    "documents domain downloads driver drivers driverstore dsquery dumps dwm "
    "fax features fodhelper fonts forfiles findstr firefox "
    "net net1 netlogon netsh network nltest notepad nslookup ntds ntdsutil ntuser "
    "rclone rdp recent recovery recycle regasm regedit registration registry regsvcs regsvr32 remote roaming robocopy "
    "root run rundll32 runonce reg "
    "sam sc schtasks scripts sdbinst sdelete security sendto services session setup sethc setupapi shadow shell "
    "silverlight software spool ssh startup start subst svchost syswow64 sysnative sysprep system system32 "
    "systemprofile systemroot sysvol "
    "takeown tasks taskkill tasklist taskmgr temp templates tmp tracing tsclient "
    "vault vmware vssadmin vbscript virtualbox "
    "w3svc w3wp wab wbadmin wbem web wermgr wevtutil whoami windows winlogon winrm winrs winsxs winword "
    "windowspowershell wmic wmiprvse wow6432node wscript wsl wsmprovhost wuauclt www wwwroot "
    "admin all appdata application applications autoruns at "
    "x64 x86 xampp"
)
PATH_WORDS = frozenset(_PATH_WORDS.split())

#: Endings of file names; ``\\.exe`` asks for a dot.
EXTENSIONS = (
    "exe|dll|ps1|psm1|psd1|bat|cmd|com|vbs|vbe|jse|js|wsf|wsh|hta|scr|sys|lnk|msi|msc|cpl|txt|log|zip|rar|7z|iso|img|"
    "dmp|dat|doc[xm]?|xls[xm]?|ppt[xm]?|rtf|pdf|py|jar|tmp|ini|xml|json|inf|sct|chm|ocx|cab|aspx?|php|jspx?|html?"
)

#: Shares whose name ends in a dollar sign.
SHARES = frozenset(["admin", "ipc", "print", *"abcdefghijklmnopqrstuvwxyz"])
