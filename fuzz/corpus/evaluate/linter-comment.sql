SELECT E'a1LEFT , "Q""z*/' --squawk-ignore-fil$a e $O$ï¿', 1.5e3, $f',1, "Qï»¿ (FORà,,,1,,,.*,,,,,,,,,CRE5e3, $f',1, "Q"ÿÿÿÿ'"q"$1LEFT ,k-ignore-NIfil$a e $t$O$ï¿', 1.5e3, $""' --c 
/* d */INDE‹ 