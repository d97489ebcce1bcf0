package fsm

// Errno is an error of the sockets API by its name; "" is success. Names and not numbers, since the
// numbers differ between systems and the model runs on all of them.
type Errno string

// The errors that the calls of a host give.
const (
	EACCES        Errno = "EACCES"
	EADDRINUSE    Errno = "EADDRINUSE"
	EADDRNOTAVAIL Errno = "EADDRNOTAVAIL"
	EAFNOSUPPORT  Errno = "EAFNOSUPPORT"
	EAGAIN        Errno = "EAGAIN"
	EALREADY      Errno = "EALREADY"
	EBADF         Errno = "EBADF"
	ECONNABORTED  Errno = "ECONNABORTED"
	ECONNREFUSED  Errno = "ECONNREFUSED"
	ECONNRESET    Errno = "ECONNRESET"
	EINPROGRESS   Errno = "EINPROGRESS"
	EINVAL        Errno = "EINVAL"
	EISCONN       Errno = "EISCONN"
	EMFILE        Errno = "EMFILE"
	ENETUNREACH   Errno = "ENETUNREACH"
	EMSGSIZE      Errno = "EMSGSIZE"
	EHOSTUNREACH  Errno = "EHOSTUNREACH"
	ENOBUFS       Errno = "ENOBUFS"
	ENODEV        Errno = "ENODEV"
	ENOENT        Errno = "ENOENT"
	ENOPROTOOPT   Errno = "ENOPROTOOPT"
	ENOTCONN      Errno = "ENOTCONN"
	EPIPE         Errno = "EPIPE"
	ETIMEDOUT     Errno = "ETIMEDOUT"
)

func (e Errno) Error() string { return string(e) }
