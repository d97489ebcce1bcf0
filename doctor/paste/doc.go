// Package paste reads what people paste: the output of ss, netstat, lsof, sockstat,
// Get-NetTCPConnection and /proc/net/tcp, of Linux, macOS, FreeBSD and Windows, with or without
// headings, in the languages that those tools speak.
//
// [Read] understands each line by itself, with what the lines before it said about the columns, so
// that output which was cut, filtered by grep or put together from several runs is read as far as
// it goes. Every line is accounted for: it gives a [Row], or is a heading or belongs to the row
// before it, or is among those not understood, with the reason.
//
// The package asks no machine and knows no rules.
package paste
