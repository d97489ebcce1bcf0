//go:build !linux

package realsock

import (
	"errors"
	"io"
	"runtime"
	"time"
)

// startMode does not exist here: there is no way to start a runner.
type startMode struct{}

func (startMode) String() string { return "" }
func startModes() []startMode    { return []startMode{{}} }
func keepMode(startMode)         {}
func jiffy() time.Duration       { return 0 }
func release() string            { return runtime.GOOS }
func remedy(error) string        { return "Run the program on Linux, 4.20 or later." }

func start(startMode, string) (io.ReadWriteCloser, func() error, error) {
	return nil, nil, errors.New("private network namespaces are a feature of Linux, this is " + runtime.GOOS)
}
