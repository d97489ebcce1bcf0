// Package store keeps what must survive a restart: labs, forks, idempotency keys, secrets, and
// classes (quizzes, rosters, attempts, answers, events).
//
// It is one interface, [Store], with three implementations that pass the same suite: memory,
// SQLite (one file, the default) and PostgreSQL (several servers on the same data). [Open] chooses
// by the address:
//
//	:memory:              nothing is kept beyond the process
//	DIR                   SQLite, in DIR/fourwave.db
//	postgres://…          PostgreSQL
//
// # What a caller may rely on
//
// [Store.Update] runs a function in one transaction. When it returns nil, everything the function
// wrote is durable: it survives a SIGKILL of the process and, on SQLite and PostgreSQL, a crash of
// the machine (synchronous=FULL; PostgreSQL's default synchronous_commit). When it returns an
// error, nothing of it was written. Updates are serializable as far as the package's own row locks
// go: [Tx.Attempt] and [Tx.LockQuiz] inside an Update hold their row until it ends.
//
// On SQLite a single writer commits many updates at once (group commit): while one commit waits for
// the disk, the next ones queue, up to [MaxGroup] in a commit. Each runs in a savepoint of its own,
// so one that fails does not disturb its neighbours. The function may therefore run on another
// goroutine, and on PostgreSQL it may run again after a serialization failure: it must have no
// effects but those on its [Tx].
//
// A full or read-only disk and a lost connection are [ErrUnavailable]; reads go on where they can.
//
// # What it is not
//
// It decides nothing: who may answer until when is package class's business, what is removed first
// is the server's. It validates no documents; JSON is kept as the bytes it was given.
//
// # Doubts
//
// ??? The operating system may lie about fsync; nothing here can tell.
package store
