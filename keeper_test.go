package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
	"fourwave/store"
)

// TestLabsSurviveSIGKILL: a lab, a fork and an idempotency key that were acknowledged are there
// after the server was killed.
func TestLabsSurviveSIGKILL(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("starts and kills servers: set FOURWAVE_LONG=1")
	}
	dir, client := t.TempDir(), newClient(4)
	p := startProcess(t, dir)
	type madeLab struct {
		ID     string `json:"id"`
		Status string `json:"status"`
		Steps  []struct {
			Text    string `json:"text"`
			Results map[string]struct {
				Result string `json:"result"`
			} `json:"results"`
		} `json:"steps"`
	}
	var l, fork, again madeLab
	must := func(method, path, body string, v any) {
		t.Helper()
		if _, err := request(t.Context(), client, method, p.base+path, "", body, v); err != nil {
			t.Fatal(err)
		}
	}
	must("POST", "/v1/labs", `{"experiment": "orderly-close", "worlds": ["model"]}`, &l)
	must("POST", "/v1/labs/"+l.ID+"/forks", `{"at_step": 4}`, &fork)
	must("POST", "/v1/labs/"+fork.ID+"/steps", `{"script": "+0 server sockets"}`, nil)
	before := madeLab{}
	must("GET", "/v1/labs/"+fork.ID, "", &before)
	p.kill()
	client.CloseIdleConnections()
	p = startProcess(t, dir)
	defer p.kill()
	must("GET", "/v1/labs/"+fork.ID, "", &again)
	if fmt.Sprint(again) != fmt.Sprint(before) {
		t.Errorf("the fork says\n%v\nafter the restart, and\n%v before", again, before)
	}
	must("POST", "/v1/labs/"+fork.ID+"/steps", `{"script": "+1s client state c"}`, nil)
	if status, _ := request(t.Context(), client, "DELETE", p.base+"/v1/labs/"+l.ID, "", "",
		nil); status != http.StatusNoContent {
		t.Errorf("deleting a lab of before: status %d", status)
	}
}

// TestPrune: labs are removed by age, by count and by bytes, the oldest first.
func TestPrune(t *testing.T) {
	kept := store.NewMemory()
	k := keeper{kept}
	labs := lab.NewLabs(lab.Limits{}, world.NewRegistry(model.Worlds()))
	defer labs.Close()
	labs.KeepIn(k)
	now := time.Now()
	fill := func(n int) {
		for i := range n {
			row := &lab.Kept{ID: fmt.Sprintf("lab-%02d", i), Created: now.Add(time.Duration(i-n) * time.Hour),
				Status: lab.Done, Spec: []byte(strings.Repeat("x", 94))}
			if err := k.Keep(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		r    retention
		want int
	}{
		{retention{100 * time.Hour, 100, 1 << 20}, 0}, {retention{5*time.Hour + time.Minute, 100, 1 << 20}, 5},
		{retention{100 * time.Hour, 3, 1 << 20}, 7}, {retention{100 * time.Hour, 100, 400}, 6},
	} {
		fill(10)
		got, err := k.prune(test.r, labs, now)
		if err != nil || got != test.want {
			t.Errorf("%+v: removed %d, %v; want %d", test.r, got, err, test.want)
		}
	}
}
