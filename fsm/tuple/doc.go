// Package tuple remembers the five-tuples of connections in TIME-WAIT, millions of them, each until
// its 2MSL are over.
//
// # What it costs
//
// A TCP connection over IPv4 is a record of 16 octets: two ports, two addresses and the instant of its
// expiry. With what is needed to find it, and to know when it expires, it costs 21 to 24 octets, where
// Linux keeps a tcp_timewait_sock of some 250. Every other tuple (IPv6, or a protocol other than TCP) has a
// record of 48 octets and costs 53 to 57. There is room for 33 million of the one or 11 million of the other.
//
// The table is exact: it stores the tuples themselves, and no hash ever stands for one of them.
//
// # How it works
//
// Records lie in a log, in chunks of 1024 octets, and a record's place in the log is its place in time: all
// connections wait equally long, so that the next to expire is the first that came. Nothing is sorted, and nothing
// is stored to say what comes next. An index of 5 to 7 octets a record, a hash table, says where in the log a tuple
// is. A look-up reads one cache line of the index and one of the log, one that finds nothing the first alone.
//
// Where a table holds several lengths of life the log has several lanes, up to eight, and a record goes to the first
// one whose last record does not expire after it, as in patience sorting. What fits none, because expiries come in no order at
// all, goes on a pile, a heap that costs 24 octets more for a record and time that grows with its logarithm.
//
// A record that gets another expiry is written again, and leaves a hole. Neighbouring chunks with many
// holes are joined. The index grows by two fifths, in place, a few buckets for each insert; the log grows
// by a 32nd at most and moves nothing. So no call stalls, and little room lies idle.
//
// # What it does not do
//
// A Table reads no clock, starts no goroutine and is not safe for concurrent use. Memory is given back
// when the table is empty, not before.
package tuple
