package quiz

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestPrintItems prints questions for reading: FOURWAVE_PRINT=kind go test -run PrintItems -v.
func TestPrintItems(t *testing.T) {
	kind := os.Getenv("FOURWAVE_PRINT")
	if kind == "" {
		return // nobody wants to read
	}
	n, _ := strconv.Atoi(os.Getenv("FOURWAVE_N"))
	for level := 1; level <= 3; level++ {
		for seed := range int64(max(n, 2)) {
			it, refused, err := draft(kind, seed, level)
			if err != nil {
				t.Error(err)
				continue
			}
			fmt.Printf(
				"=== %s level %d seed %d, refused %d, words %s\n%s\n%s\n", kind, level, seed, len(refused), it.Rule,
				it.Text.En, it.Show("zh", InWords).Text,
			)
			if it.Stimulus.En != "" {
				fmt.Println(it.Stimulus.En)
			}
			for _, p := range it.Parts {
				fmt.Println("  --", p.Interaction, p.Ask.En, p.Max, "| key:", p.Right.En)
				for _, o := range p.Options {
					fmt.Println("    ", o.ID, o.Text.En, o.Text.Zh, o.Right, o.Myth, "|", o.Feedback.En)
				}
				for _, f := range p.Fields {
					fmt.Println("    ", f.ID, f.Label.En, "=", f.Key, len(f.Wrong))
				}
				for _, w := range p.Wrong {
					fmt.Println("     wrong", w.Value, w.Myth, w.Credit)
				}
			}
			fmt.Println("  why:", it.Why.En)
			for _, h := range it.Hints {
				fmt.Println("  hint:", h.En)
			}
		}
	}
}

func BenchmarkKinds(b *testing.B) {
	for _, k := range registry {
		for level := 1; level <= 3; level++ {
			b.Run(fmt.Sprintf("%s/%d", k.ID, level), func(b *testing.B) {
				seed := int64(0)
				start := time.Now()
				refusals := 0
				for b.Loop() {
					_, refused, err := draft(k.ID, seed, level)
					if err != nil {
						b.Fatal(err)
					}
					refusals += len(refused)
					seed++
				}
				b.ReportMetric(float64(time.Since(start).Microseconds())/float64(seed), "µs/item")
				b.ReportMetric(float64(refusals)/float64(seed), "refused/item")
			})
		}
	}
}
