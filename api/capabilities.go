package api

import (
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"

	"fourwave/lab/world"
)

type capabilities struct {
	Version string      `json:"version"`
	System  system      `json:"system"`
	Worlds  []worldView `json:"worlds"`
	Limits  limits      `json:"limits"`
}

type system struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"`
}

type worldView struct {
	Name     string            `json:"name"`
	What     string            `json:"what"`
	Time     world.Clock       `json:"time"`
	Clock    world.Clock       `json:"clock"`
	System   string            `json:"system"`
	Release  string            `json:"release,omitempty"`
	Forks    bool              `json:"forks"`
	Trials   bool              `json:"trials"`
	Captures bool              `json:"captures"`
	Measured bool              `json:"measured"`
	Default  bool              `json:"default"`
	Runs     bool              `json:"runs"`
	Why      string            `json:"why,omitempty"`
	Remedy   string            `json:"remedy,omitempty"`
	Limits   map[string]string `json:"limits,omitempty"`
	Details  map[string]string `json:"details,omitempty"`
}

type limits struct {
	Body    int     `json:"body_octets"`
	Script  int     `json:"script_octets"`
	Steps   int     `json:"steps"`
	Running int     `json:"labs_running"`
	Kept    int     `json:"labs_kept"`
	Worlds  int     `json:"worlds"`
	Real    seconds `json:"real_wait"`
	Idle    seconds `json:"idle"`
	Wait    seconds `json:"wait"`
	Events  int     `json:"events_page"`
	Streams int     `json:"streams"`
}

// getCapabilities answers GET /v1/capabilities.
func (s *Server) getCapabilities(c echo.Context) error {
	worlds := s.Labs.Worlds()
	out := capabilities{
		Version: s.Version, System: system{OS: runtime.GOOS, Arch: runtime.GOARCH},
		Worlds: viewAll(worlds, func(w world.Info) worldView {
			return worldView{
				w.Name, w.What.In(langOf(c)), w.Clock, w.Clock, w.System, w.Release,
				w.Forks, w.Trials, w.Captures, w.Measured, w.Default, w.Runs, w.Why, w.Remedy, w.Limits, w.Details,
			}
		}),
		Limits: limits{maxBody, s.Limits.Script, s.Limits.Steps, s.Limits.Running, s.Limits.Kept, s.Limits.Worlds,
			seconds(s.Limits.RealWait), seconds(s.Limits.Idle), seconds(maxWait), maxEvents, maxStreams},
	}
	for _, w := range worlds {
		if release := w.Details["release"]; release != "" {
			out.System.Kernel = release
		}
	}
	return writeJSON(c, http.StatusOK, "application/json", out)
}
