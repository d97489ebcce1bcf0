package script_test

import (
	"fmt"

	"fourwave/lab/script"
)

func ExampleParse() {
	_, err := script.Parse("+0 server bnid l :7865\n")
	fmt.Println(err)
	s, err := script.Parse("# Why?\n+0 server bind l :7865 = ok\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range s.Steps {
		fmt.Println(step.Line, step.Actor, step.Text, "=", step.Expect)
	}
	// Output:
	// 1:11: unknown verb "bnid", did you mean bind?
	// 2 server bind l :7865 = ok
}
