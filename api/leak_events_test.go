package api

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fourwave/class"
)

// TestEventsHaveNoKey listens for ten seconds as a student, while others come, save and submit and
// the teacher gives more time, withdraws and moves on.
func TestEventsHaveNoKey(t *testing.T) {
	listen := time.Second
	if os.Getenv("FOURWAVE_LONG") != "" {
		listen = 10 * time.Second
	}
	c := newClassroom(t, class.Homework)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", c.http.URL+"/v1/quizzes/"+c.quiz.Code+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+c.mine.Secret)
	resp, err := c.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var heard heardText
	go func() {
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			heard.add(in.Text())
		}
	}()
	for n := range 5 {
		c.stir(t, n+1)
		time.Sleep(listen / 10) // events are told four times a second
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(heard.all(), "event: withdrawn") &&
		time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(listen / 2) // for what should not come
	c.hearNoKey(t, heard.all())
}

// heardText is what a stream said so far.
type heardText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heardText) add(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.WriteString(line + "\n")
}

func (h *heardText) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// stir has something happen.
func (c *classroom) stir(t *testing.T, n int) {
	t.Helper()
	at, teacher := "/v1/quizzes/"+c.quiz.ID, bearing(c.quiz.TeacherKey)
	switch n {
	case 1:
		c.join(t, "late")
	case 2:
		c.do(t, call{method: "PUT", path: "/v1/attempts/" + c.others.ID + "/answers/1",
			body: `{"answer": null, "revision": 1}`, header: bearing(c.others.Secret)}).
			get(t, 200, nil)
	case 3:
		c.do(t, call{method: "POST", path: at + "/questions/1/withdrawal", body: `{"policy": "full"}`,
			header: teacher}).
			get(t, 200, nil)
	case 4:
		c.do(t, call{method: "PATCH", path: at + "/attempts/" + c.mine.ID, body: `{"reopen": true}`, header: teacher}).
			get(t, 200, nil)
	case 5:
		c.do(t, call{method: "PUT", path: "/v1/attempts/" + c.others.ID + "/submission",
			header: bearing(c.others.Secret)}).
			get(t, 200, nil)
	}
}

func (c *classroom) hearNoKey(t *testing.T, heard string) {
	t.Helper()
	c.search(t, "the student's events", reply{&http.Response{StatusCode: 200}, []byte(heard)})
	kinds := map[string]int{}
	for line := range strings.Lines(heard) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); ok {
			kinds[kind]++
		}
	}
	for kind := range kinds {
		if !slices.Contains([]string{"live", "time", "withdrawn"}, kind) {
			t.Errorf("a student hears of %q", kind)
		}
	}
	if kinds["withdrawn"] != 1 {
		t.Errorf("the student heard %v, want the withdrawal among them", kinds)
	}
	for _, private := range []string{c.others.ID, "late", "others"} {
		if strings.Contains(heard, private) {
			t.Errorf("a student's events name %q", private)
		}
	}
}
