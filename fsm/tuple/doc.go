// Package tuple remembers the five-tuples of connections in TIME-WAIT, millions of them, each until
// its 2MSL are over.
//
// # What it costs
//
// A TCP connection over IPv4 is a record of 16 octets: two ports, two addresses and the instant of its
// expiry. Records lie in a hash table without pointers; beside it a timing wheel holds 4 octets for
// every record. All in, a million entries take 23 to 25 octets each, and ten thousand some 27, where
// Linux keeps a tcp_timewait_sock of some 250. Every other tuple (IPv6, or a protocol other than TCP)
// has a record of 48 octets in a table of its own.
//
// The table is exact: it stores the tuples themselves, and no hash ever stands for one of them.
//
// # How it works
//
// A record lies in one of two buckets of eight. A full table grows by an eighth, in place: the buckets
// are moved from the last to the first, eight for each insert, so that no call stalls and little room
// lies idle. Deletion leaves no tombstones.
//
// The wheel has three levels, of 1, 32 and 1024 ticks (Varghese and Lauck, 1987). Its items do not
// name a record: 22 bits of the hash lead to the bucket, and every record there whose time has come is
// due, whoever filed it. Hence an item can be left behind when its record is deleted or gets a new
// expiry: it finds nothing, and that is all. When more than half of the items are of that kind the
// wheel is filled anew.
//
// # What it does not do
//
// A Table reads no clock, starts no goroutine and is not safe for concurrent use. Expiry is in order
// of time within either kind of tuple; between IPv4 and the others no order is kept within one call.
// Memory is given back when the table is empty, not before.
package tuple
