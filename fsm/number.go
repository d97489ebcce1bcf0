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
	case RcvRSTNoACK:
		return 17
	case RcvRSTIgnored:
		return 18
	case RcvACK:
		return 19
	case RcvACKOfSYN:
		return 20
	case RcvACKOfFIN:
		return 21
	case RcvACKOfUnsent:
		return 22
	case RcvData:
		return 23
	case RcvDataACKOfSYN:
		return 24
	case RcvDataACKOfFIN:
		return 25
	case RcvFIN:
		return 26
	case RcvFINACKOfSYN:
		return 27
	case RcvFINACKOfFIN:
		return 28
	case RcvOld:
		return 29
	case RcvOldACKOfSYN:
		return 30
	case RcvOldACKOfFIN:
		return 31
	case RcvAhead:
		return 32
	case RcvAheadACKOfSYN:
		return 33
	case RcvAheadACKOfFIN:
		return 34
	case RcvNoReader:
		return 35
	case RcvOldFIN:
		return 36
	case RcvUnacceptable:
		return 37
	case RcvNoACK:
		return 38
	case RcvRSTMini:
		return 39
	case RcvRSTOutsideMini:
		return 40
	case RcvSYNMini:
		return 41
	case RcvSYNAgain:
		return 42
	case Timeout2MSL:
		return 43
	case TimeoutRetransmit:
		return 44
	case TimeoutUser:
		return 45
	case TimeoutFinWait2:
		return 46
	case TimeoutDelayedACK:
		return 47
	}
	return 63
}
