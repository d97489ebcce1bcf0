package realsock

import (
	"bufio"
	"fmt"
	"os"
)

// uidMapped reports whether a uid exists in this process's user namespace.
func uidMapped(uid uint32) bool {
	f, err := os.Open("/proc/thread-self/uid_map")
	if err != nil {
		f, err = os.Open("/proc/self/uid_map")
	}
	if err != nil {
		return false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var inside, outside, n uint32
		if _, err := fmt.Sscan(lines.Text(), &inside, &outside, &n); err == nil && uid >= inside && uid-inside < n {
			return true
		}
	}
	return false
}
