// Package guest runs other Linux kernels, each in a virtual machine of its own, without KVM,
// without root and in virtual time.
//
// A [Guest] is a [realsock.Launcher]: the guest's first process is this same program, under
// [realsock.GuestInit], and it is the runner. Requests and reports cross by two byte devices of
// qemu that need no driver. qemu counts instructions (-icount): one takes one virtual nanosecond, a
// sleep none of ours. While the runner waits for a request it has stopped the machine by a write to
// pvpanic's port, so no time passes in the guest while the program thinks.
//
// Booting a kernel takes seconds, so it is done once: the machine is saved when its runner is
// ready, ten virtual minutes after boot, and every guest after that starts from the saved memory,
// mapped copy-on-write. A saved machine belongs to one qemu, kernel, first process and command
// line; their digest is its name in the cache.
//
// A [Store] knows the kernels that were added and bounds how many machines run at once. Nothing of
// it is shipped: kernels come from files that the user names.
//
// Simplifications: x86-64 only, one processor a guest, qemu's microvm machine or, where a kernel
// does not come up on it, the plain pc. Virtual time has no drift and no interrupts but the guest's
// own timers, so what depends on real hardware's timing does not show here.
package guest
