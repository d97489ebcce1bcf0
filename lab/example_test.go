package lab_test

import (
	"fmt"

	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
)

// A script that runs in two models: they part over how long TIME-WAIT lasts.
func ExampleLabs_Create() {
	labs := lab.NewLabs(lab.DefaultLimits, world.NewRegistry(model.Worlds()))
	defer labs.Close()
	l, err := labs.Create(lab.Spec{Worlds: []string{"model", "model:rfc9293"}, Script: `
+0   server  bind l :7865           = ok
+0   server  listen l               = ok
+0   client  connect c server:7865  = ok
+0   server  accept l as a          = ok
+0   client  close c                = ok
+0   server  close a                = ok
+90s client  state c
`})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-l.Done()
	last := l.Snapshot().Steps[6]
	fmt.Println(last.Results["model"].Result, last.Results["model:rfc9293"].Result, last.Verdict)
	// Output: CLOSED TIME-WAIT differ
}
