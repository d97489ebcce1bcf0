package doc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, in seconds: "60s", "0.1s". It is rounded to a millisecond.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) {
	rounded := time.Duration(d).Round(time.Millisecond).Seconds()
	return append(strconv.AppendFloat(nil, rounded, 'f', -1, 64), 's'), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := parseSeconds(string(b))
	if err == nil {
		*d = Duration(v)
	}
	return err
}

// WorldTime is a moment in a world's own time, in seconds since the world began: "10.104s". It
// always has three decimals, so that columns of them line up.
type WorldTime time.Duration

// MarshalText implements encoding.TextMarshaler.
func (t WorldTime) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%.3fs", time.Duration(t).Seconds()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *WorldTime) UnmarshalText(b []byte) error {
	v, err := parseSeconds(string(b))
	if err == nil {
		*t = WorldTime(v)
	}
	return err
}

// errSeconds is what a string that is no number of seconds gets.
var errSeconds = errors.New(`doc: a number of seconds is wanted, as in "60s"`)

// parseSeconds accepts what the contract's patterns of Duration and WorldTime do: seconds alone,
// not the minutes and hours that time.ParseDuration knows.
func parseSeconds(s string) (time.Duration, error) {
	number, ok := strings.CutSuffix(s, "s")
	if !ok || strings.Trim(number, "-.0123456789") != "" {
		return 0, fmt.Errorf("%w: %.40q", errSeconds, s)
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q", errSeconds, s)
	}
	return d, nil
}
