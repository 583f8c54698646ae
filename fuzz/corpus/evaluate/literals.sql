SELECT E'a\n', U&'\0041', $t$ a $t$, B'01', X'ff', 1.5e3, $1, "Q""q", 'it''s' -- c
/* d */