package quiz_test

import (
	"fmt"

	"fourwave/quiz"
)

// The same kind and seed give the same question, whose key is what the model does.
func ExampleAsk() {
	a, err := quiz.Ask(quiz.WillItBind, 7, "en")
	if err != nil {
		fmt.Println(err)
		return
	}
	b, _ := quiz.Ask(quiz.WillItBind, 7, "en")
	fmt.Println(a.Kind, a.Text == b.Text, a.Text != "")
	// Output: will-it-bind true true
}
