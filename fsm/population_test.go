package fsm

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPopulation: 28232 ports over 60 s bear 470 connections a second, and not 500.
func TestPopulation(t *testing.T) {
	linux := Population{TimeWait: Linux.TimeWait, PortLow: 32768, PortHigh: 60999, For: 3 * time.Minute}
	for _, tc := range []struct {
		name  string
		every time.Duration
		open  time.Duration
		want  Census
	}{
		{"100 a second", 10 * time.Millisecond, 0, Census{Opened: 18000, Held: 5999, Peak: 6000, Left: 22233}},
		{"333 a second", 3 * time.Millisecond, 0, Census{Opened: 60000, Held: 19999, Peak: 20000, Left: 8233}},
		// The 28232 ports are gone after 56.464 s; 1768 connections are refused in the 3.536 s until the first
		// TIME-WAIT is over, and again in each minute.
		{"500 a second", 2 * time.Millisecond, 0, Census{Opened: 3 * 28232, Refused: 3 * 1768, Exhausted: 56464 * time.Millisecond, Held: 28231, Peak: 28232, Left: 1}},
		{"200 a second that last 20 s", 5 * time.Millisecond, 20 * time.Second, Census{Opened: 36000, Held: 15999, Peak: 16000, Left: 12233}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := linux
			p.Every, p.Open = tc.every, tc.open
			got, err := p.Run()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("census (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPopulationRefuses(t *testing.T) {
	good := Population{Every: time.Second, TimeWait: time.Second, PortLow: 1, PortHigh: 2, For: time.Second}
	if _, err := good.Run(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Population){
		"no rate":        func(p *Population) { p.Every = 0 },
		"microseconds":   func(p *Population) { p.TimeWait = time.Microsecond },
		"a day":          func(p *Population) { p.For = 24 * time.Hour },
		"negative":       func(p *Population) { p.Open = -time.Second },
		"ports reversed": func(p *Population) { p.PortLow = 3 },
	} {
		p := good
		spoil(&p)
		if c, err := p.Run(); !errors.Is(err, ErrPopulation) {
			t.Errorf("%s: %+v, %v, want %v", name, c, err, ErrPopulation)
		}
	}
}
