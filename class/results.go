package class

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/quiz"
	"fourwave/store"
)

// Row is one attempt's results; a student of the roster who never came has a row without attempt.
type Row struct {
	Student   string     `json:"student"`
	Name      string     `json:"name,omitempty"`
	Attempt   int        `json:"attempt"` // its number; 0: absent
	ID        string     `json:"id,omitempty"`
	Started   *time.Time `json:"started,omitempty"`
	Submitted *time.Time `json:"submitted,omitempty"`
	Score     float64    `json:"score"`
	Max       float64    `json:"max"`
	Percent   float64    `json:"percent"`
	Rated     bool       `json:"rated"`
	Questions []Cell     `json:"questions"`
}

// Cell is one question of a row.
type Cell struct {
	N        int             `json:"n"`
	Kind     string          `json:"kind"`
	Facts    string          `json:"facts"`
	Answer   json.RawMessage `json:"answer"`
	Score    float64         `json:"score"`
	Max      float64         `json:"max"`
	Myth     string          `json:"myth,omitempty"`
	Revision int64           `json:"revision"`
	At       *time.Time      `json:"at,omitempty"`
	Hints    int             `json:"hints,omitempty"`
	kept     *store.Item
}

// Results gives every attempt's results, with open ones as they stand.
func (c *Class) Results(ctx context.Context, id, key string) (rows []Row, err error) {
	rows = []Row{}
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, err := c.teach(tx, id, key, false)
		if err != nil {
			return err
		}
		g, err := gather(tx, q, s)
		if err != nil {
			return err
		}
		for _, a := range g.attempts {
			if !a.Void {
				rows = append(rows, c.row(s, g, a))
			}
		}
		for _, r := range g.roster {
			if !slices.ContainsFunc(rows, func(w Row) bool { return w.Student == r.Student }) {
				rows = append(rows, absent(s, r))
			}
		}
		return nil
	})
	return rows, err
}

func absent(s *settings, r *store.Student) Row {
	row := Row{Student: r.Student, Name: r.Name, Questions: []Cell{}}
	for _, ask := range s.questions() {
		if s.Withdrawn[ask.n] != DropPoints {
			row.Max += ask.points
		}
	}
	return row
}

func (c *Class) row(s *settings, g *gathered, a *store.Attempt) Row {
	row := Row{
		Student: a.Student, Name: g.names[a.Student], Attempt: a.No, ID: a.ID, Started: &a.Started, Rated: a.Rated,
		Questions: []Cell{},
	}
	if !c.isOpen(a, s, c.now()) {
		row.Submitted = submittedAt(a)
	}
	tallies := g.tallies(s, a)
	for i, ask := range s.questions() {
		cell := Cell{N: ask.n, Answer: json.RawMessage("null"), Score: tallies[i].score, Max: tallies[i].max}
		if kept := g.items[a.ID][ask.n]; kept != nil {
			cell.Kind, cell.Facts, cell.kept = kept.Kind, kept.Facts, kept
		}
		if answer := g.answers[a.ID][ask.n]; answer != nil {
			cell.Answer, cell.Myth, cell.Revision, cell.At = answer.Body, answer.Myth, answer.Revision, &answer.At
		}
		for _, h := range g.hints[a.ID] {
			if h.N == ask.n {
				cell.Hints++
			}
		}
		row.Score, row.Max = round(row.Score+cell.Score), round(row.Max+cell.Max)
		row.Questions = append(row.Questions, cell)
	}
	if row.Max > 0 {
		row.Percent = round(100 * row.Score / row.Max)
	}
	return row
}

// The shapes of results as CSV: one row an attempt, one row an answer, and the import columns of
// two gradebooks.
const (
	Wide   = "wide"
	Long   = "long"
	Moodle = "moodle"
	Canvas = "canvas"
)

// Shapes lists the shapes of results as CSV.
var Shapes = []string{Wide, Long, Moodle, Canvas}

// WriteCSV writes results in a shape, in UTF-8, with a byte order mark if bom is set. A cell that a
// spreadsheet would take for a formula gets an apostrophe in front.
func WriteCSV(w io.Writer, rows []Row, shape, title string, bom bool) error {
	if bom {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	for _, line := range table(rows, shape, title) {
		for i := range line {
			line[i] = defuse(line[i])
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// defuse keeps a cell from starting a formula. A number stays a number.
func defuse(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

func table(rows []Row, shape, title string) [][]string {
	switch shape {
	case Long:
		return longTable(rows)
	case Moodle:
		out := [][]string{{"Username", "Full name", title}}
		for _, r := range best(rows) {
			out = append(out, []string{r.Student, r.Name, number(r.Percent)})
		}
		return out
	case Canvas: // Student, ID, SIS User ID, SIS Login ID, Section, then assignments; a row of points possible
		out := [][]string{{"Student", "ID", "SIS User ID", "SIS Login ID", "Section", title}}
		if len(rows) > 0 {
			out = append(out, []string{"    Points Possible", "", "", "", "", number(rows[0].Max)})
		}
		for _, r := range best(rows) {
			out = append(out, []string{r.Name, "", r.Student, r.Student, "", number(r.Score)})
		}
		return out
	}
	return wideTable(rows)
}

// best keeps the best attempt of each student, in the order of the rows.
func best(rows []Row) []Row {
	var out []Row
	for _, r := range rows {
		if i := slices.IndexFunc(out, func(o Row) bool { return o.Student == r.Student }); i < 0 {
			out = append(out, r)
		} else if r.Percent > out[i].Percent {
			out[i] = r
		}
	}
	return out
}

func wideTable(rows []Row) [][]string {
	most := 0
	for _, r := range rows {
		most = max(most, len(r.Questions))
	}
	head := []string{"student", "name", "attempt", "started", "submitted", "score", "max", "percent"}
	for n := range most {
		for _, of := range []string{"kind", "facts", "answer", "score", "myth"} {
			head = append(head, fmt.Sprintf("q%d_%s", n+1, of))
		}
	}
	out := [][]string{head}
	for _, r := range rows {
		line := append(firstCells(r), number(r.Score), number(r.Max), number(r.Percent))
		for _, q := range r.Questions {
			line = append(line, q.Kind, q.Facts, plain(q.Answer), number(q.Score), q.Myth)
		}
		for len(line) < len(head) {
			line = append(line, "")
		}
		out = append(out, line)
	}
	return out
}

func firstCells(r Row) []string {
	attempt := ""
	if r.Attempt > 0 {
		attempt = strconv.Itoa(r.Attempt)
	}
	return []string{r.Student, r.Name, attempt, instant(r.Started), instant(r.Submitted)}
}

func longTable(rows []Row) [][]string {
	out := [][]string{
		{
			"student", "name", "attempt", "started", "submitted", "n", "kind", "facts", "answer", "score", "max",
			"myth", "hints", "saved",
		},
	}
	for _, r := range rows {
		if len(r.Questions) == 0 {
			out = append(out, append(firstCells(r), "", "", "", "", "0", number(r.Max), "", "", ""))
		}
		for _, q := range r.Questions {
			out = append(
				out,
				append(firstCells(r), strconv.Itoa(q.N), q.Kind, q.Facts, plain(q.Answer), number(q.Score),
					number(q.Max), q.Myth, strconv.Itoa(q.Hints), instant(q.At)),
			)
		}
	}
	return out
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// plain is an answer as a person reads it.
func plain(body json.RawMessage) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return string(body)
	}
	return plainValue(v)
}

func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, plainValue(e))
		}
		return strings.Join(parts, " ")
	case map[string]any:
		if len(v) == 1 {
			for k, e := range v {
				if k != "match" && k != "fields" && k != "parts" {
					return plainValue(e)
				}
				if inner, ok := e.(map[string]any); ok {
					return pairs(inner)
				}
			}
		}
		return pairs(v)
	}
	return fmt.Sprint(v)
}

func pairs(m map[string]any) string {
	var parts []string
	for k, e := range m {
		parts = append(parts, k+"="+plainValue(e))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// item is the question of a cell.
func (q *Cell) item() (*quiz.Item, error) { return keyOf(q.kept) }
