package api

import (
	"encoding/json"
	"testing"

	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/worldtest"
)

// A package of worlds and a line for it: the capabilities say what they are, from which the page
// makes its chooser, scripts can be restricted to them, labs run in them and fork in them.
func TestOneMoreWorld(t *testing.T) {
	worlds := world.NewRegistry(model.Worlds(), kernel.New(), worldtest.New())
	t.Cleanup(worlds.Close)
	ts := newServer(t, func(c *Config) { c.Labs = lab.NewLabs(c.Limits, worlds) })

	var caps struct{ Worlds []doc.World }
	ts.do(t, call{path: "/v1/capabilities"}).get(t, 200, &caps)
	var echo, linux doc.World
	for _, w := range caps.Worlds {
		switch w.Name {
		case "echo":
			echo = w
		case "model:linux":
			linux = w
		}
	}
	if echo.System != "echo" || echo.Release != "1.0" || echo.Clock != string(world.Virtual) ||
		!echo.Forks || echo.Trials || !echo.Captures || echo.Measured || echo.Default || !echo.Runs ||
		echo.Limits["labs"] != "1" {
		t.Errorf("echo: got %+v", echo)
	}
	if linux.System != "linux" || !linux.Forks || !linux.Trials || !linux.Captures || !linux.Measured || linux.Default {
		t.Errorf("model:linux: got %+v", linux)
	}

	script := "+0 server bind l :7865 = ok\n[echo] +0 server listen l = ok\n[echo:left] +0 server exit = ok\n"
	body, _ := json.Marshal(map[string]any{"script": script, "worlds": []string{"echo", "echo:left", "model"}})
	var got struct {
		ID    string
		Steps []struct {
			Results map[string]struct{ Result string }
		}
	}
	wait := map[string]string{"Prefer": "wait=10"}
	ts.do(t, call{method: "POST", path: "/v1/labs", body: string(body), header: wait}).get(t, 201, &got)
	for i, want := range []map[string]string{
		{"echo": "ok", "echo:left": "ok", "model": "ok"},
		{"echo": "ok", "echo:left": "ok", "model": "not run"},
		{"echo": "not run", "echo:left": "ok", "model": "not run"},
	} {
		for w, result := range want {
			if r := got.Steps[i].Results[w].Result; r != result {
				t.Errorf("step %d in %s: got %q, want %q", i, w, r, result)
			}
		}
	}
	ts.do(t, call{method: "POST", path: "/v1/labs/" + got.ID + "/forks", body: `{"at_step": 1}`}).get(t, 201, nil)
	ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"script": "[ecko] server exit"}`}).get(t, 422, nil)
}
