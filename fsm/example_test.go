package fsm_test

import (
	"fmt"

	"fourwave/fsm"
)

// One arrow of the table: in FIN-WAIT-1 a FIN that acknowledges ours leads to TIME-WAIT.
func ExampleProfile_Step() {
	row, err := fsm.RFC9293.Step(fsm.FinWait1, fsm.RcvFINACKOfFIN)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(row.From, "→", row.To, row.Do.Names())
	// Output: FIN-WAIT-1 → TIME-WAIT [send ACK start 2MSL timer take ACK take data take FIN]
}
