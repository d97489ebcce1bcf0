package fsm

// stateNo and eventNo number the words of States and Events. They are switches and not maps since
// every segment asks them; a test holds them to the order of the lists.

func stateNo(s State) int {
	switch s {
	case Closed:
		return 0
	case Listen:
		return 1
	case SynSent:
		return 2
	case SynReceived:
		return 3
	case Established:
		return 4
	case FinWait1:
		return 5
	case FinWait2:
		return 6
	case CloseWait:
		return 7
	case Closing:
		return 8
	case LastAck:
		return 9
	case TimeWait:
		return 10
	}
	return 15
}

func eventNo(e Event) int {
	switch e {
	case UserPassiveOpen:
		return 0
	case UserActiveOpen:
		return 1
	case UserSend:
		return 2
	case UserReceive:
		return 3
	case UserClose:
		return 4
	case UserCloseUnread:
		return 5
	case UserAbort:
		return 6
	case UserTakesOver:
		return 7
	case RcvSYN:
		return 8
	case RcvSYNPassive:
		return 9
	case RcvSYNACK:
		return 10
	case RcvSYNReopens:
		return 11
	case RcvRST:
		return 12
	case RcvRSTPassive:
		return 13
	case RcvRSTRefuses:
		return 14
	case RcvRSTInWindow:
		return 15
	case RcvRSTOutside:
		return 16
	case RcvRSTIgnored:
		return 17
	case RcvACK:
		return 18
	case RcvACKOfSYN:
		return 19
	case RcvACKOfFIN:
		return 20
	case RcvACKOfUnsent:
		return 21
	case RcvData:
		return 22
	case RcvDataACKOfSYN:
		return 23
	case RcvDataACKOfFIN:
		return 24
	case RcvFIN:
		return 25
	case RcvFINACKOfSYN:
		return 26
	case RcvFINACKOfFIN:
		return 27
	case RcvOld:
		return 28
	case RcvOldACKOfSYN:
		return 29
	case RcvOldACKOfFIN:
		return 30
	case RcvAhead:
		return 31
	case RcvAheadACKOfSYN:
		return 32
	case RcvAheadACKOfFIN:
		return 33
	case RcvNoReader:
		return 34
	case RcvOldFIN:
		return 35
	case RcvUnacceptable:
		return 36
	case RcvNoACK:
		return 37
	case RcvRSTMini:
		return 38
	case RcvRSTOutsideMini:
		return 39
	case RcvSYNMini:
		return 40
	case RcvSYNAgain:
		return 41
	case Timeout2MSL:
		return 42
	case TimeoutRetransmit:
		return 43
	case TimeoutUser:
		return 44
	case TimeoutFinWait2:
		return 45
	case TimeoutDelayedACK:
		return 46
	}
	return 63
}
