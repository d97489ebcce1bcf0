// Package tuple remembers the five-tuples of connections in TIME-WAIT, millions of them, each until
// its 2MSL are over.
//
// # What it costs
//
// A TCP connection over IPv4 is a record of 16 octets: two ports, two addresses and the instant of its
// expiry. Records lie in a hash table without pointers that is kept nine tenths full; beside it a
// timing wheel holds 4 octets for every record. All in, an entry takes some 23 octets, whatever the
// number of entries, where Linux keeps a tcp_timewait_sock of some 250. Every other tuple (IPv6, or a
// protocol other than TCP) has a record of 48 octets in a table of its own and takes some 57.
//
// The table is exact: it stores the tuples themselves, and no hash ever stands for one of them.
//
// # How it works
//
// The hash table is an extendible one (Fagin and others, 1979): a directory of segments of at most a
// thousand records. A segment grows by a sixteenth of its greatest size, and splits in two when it has
// reached that, so that no call moves more than one segment's records and little room lies idle. Within
// a segment, buckets of eight records are probed one after the other; a count of the records that
// found a bucket full tells a search whether to go on, and deletion leaves no tombstones.
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
// Memory is given back when the table is empty; a shrinking segment gives its pages to others.
package tuple
