package fsm

// The words of States and Events have numbers, and the machine counts with those: numTimeWait is
// the number of TimeWait. A test holds them to the order of the lists.
const (
	numClosed = iota
	numListen
	numSynSent
	numSynReceived
	numEstablished
	numFinWait1
	numFinWait2
	numCloseWait
	numClosing
	numLastAck
	numTimeWait

	numState = 15 // of a word that is no state, and where an arrow leads that is not in the table
)

const (
	numUserPassiveOpen = iota
	numUserActiveOpen
	numUserSend
	numUserReceive
	numUserClose
	numUserCloseUnread
	numUserAbort
	numUserTakesOver
	numRcvSYN
	numRcvSYNPassive
	numRcvSYNACK
	numRcvSYNReopens
	numRcvSYNUnheard
	numRcvRST
	numRcvRSTPassive
	numRcvRSTRefuses
	numRcvRSTInWindow
	numRcvRSTOutside
	numRcvRSTNoACK
	numRcvRSTIgnored
	numRcvACK
	numRcvACKOfSYN
	numRcvACKOfFIN
	numRcvACKOfUnsent
	numRcvData
	numRcvDataACKOfSYN
	numRcvDataACKOfFIN
	numRcvFIN
	numRcvFINACKOfSYN
	numRcvFINACKOfFIN
	numRcvOld
	numRcvOldACKOfSYN
	numRcvOldACKOfFIN
	numRcvAhead
	numRcvAheadACKOfSYN
	numRcvAheadACKOfFIN
	numRcvNoReader
	numRcvOldFIN
	numRcvFINAgain
	numRcvUnacceptable
	numRcvOvertaken
	numRcvNoACK
	numRcvRSTMini
	numRcvRSTOutsideMini
	numRcvSYNMini
	numRcvSYNAgain
	numTimeout2MSL
	numTimeoutRetransmit
	numTimeoutUser
	numTimeoutFinWait2
	numTimeoutDelayedACK
	numTimeoutPersist
	numTimeoutKeepalive
	numTimeoutKeepaliveOver
	numRcvICMPHard
	numRcvICMPSoft
	numRcvNoRoom
	numRcvACKOfFINAbort
	numRcvDropped
	numRcvOverflowAbort
	numRcvSYNCookie

	numEvent = 63
)

// stateNo and eventNo are switches and not maps since every segment asks them.

func stateNo(s State) int {
	switch s {
	case Closed:
		return numClosed
	case Listen:
		return numListen
	case SynSent:
		return numSynSent
	case SynReceived:
		return numSynReceived
	case Established:
		return numEstablished
	case FinWait1:
		return numFinWait1
	case FinWait2:
		return numFinWait2
	case CloseWait:
		return numCloseWait
	case Closing:
		return numClosing
	case LastAck:
		return numLastAck
	case TimeWait:
		return numTimeWait
	}
	return numState
}

func eventNo(e Event) int {
	switch e {
	case UserPassiveOpen:
		return numUserPassiveOpen
	case UserActiveOpen:
		return numUserActiveOpen
	case UserSend:
		return numUserSend
	case UserReceive:
		return numUserReceive
	case UserClose:
		return numUserClose
	case UserCloseUnread:
		return numUserCloseUnread
	case UserAbort:
		return numUserAbort
	case UserTakesOver:
		return numUserTakesOver
	case RcvSYN:
		return numRcvSYN
	case RcvSYNPassive:
		return numRcvSYNPassive
	case RcvSYNACK:
		return numRcvSYNACK
	case RcvSYNReopens:
		return numRcvSYNReopens
	case RcvSYNUnheard:
		return numRcvSYNUnheard
	case RcvRST:
		return numRcvRST
	case RcvRSTPassive:
		return numRcvRSTPassive
	case RcvRSTRefuses:
		return numRcvRSTRefuses
	case RcvRSTInWindow:
		return numRcvRSTInWindow
	case RcvRSTOutside:
		return numRcvRSTOutside
	case RcvRSTNoACK:
		return numRcvRSTNoACK
	case RcvRSTIgnored:
		return numRcvRSTIgnored
	case RcvACK:
		return numRcvACK
	case RcvACKOfSYN:
		return numRcvACKOfSYN
	case RcvACKOfFIN:
		return numRcvACKOfFIN
	case RcvACKOfUnsent:
		return numRcvACKOfUnsent
	case RcvData:
		return numRcvData
	case RcvDataACKOfSYN:
		return numRcvDataACKOfSYN
	case RcvDataACKOfFIN:
		return numRcvDataACKOfFIN
	case RcvFIN:
		return numRcvFIN
	case RcvFINACKOfSYN:
		return numRcvFINACKOfSYN
	case RcvFINACKOfFIN:
		return numRcvFINACKOfFIN
	case RcvOld:
		return numRcvOld
	case RcvOldACKOfSYN:
		return numRcvOldACKOfSYN
	case RcvOldACKOfFIN:
		return numRcvOldACKOfFIN
	case RcvAhead:
		return numRcvAhead
	case RcvAheadACKOfSYN:
		return numRcvAheadACKOfSYN
	case RcvAheadACKOfFIN:
		return numRcvAheadACKOfFIN
	case RcvNoReader:
		return numRcvNoReader
	case RcvOldFIN:
		return numRcvOldFIN
	case RcvFINAgain:
		return numRcvFINAgain
	case RcvUnacceptable:
		return numRcvUnacceptable
	case RcvOvertaken:
		return numRcvOvertaken
	case RcvNoACK:
		return numRcvNoACK
	case RcvRSTMini:
		return numRcvRSTMini
	case RcvRSTOutsideMini:
		return numRcvRSTOutsideMini
	case RcvSYNMini:
		return numRcvSYNMini
	case RcvSYNAgain:
		return numRcvSYNAgain
	case Timeout2MSL:
		return numTimeout2MSL
	case TimeoutRetransmit:
		return numTimeoutRetransmit
	case TimeoutUser:
		return numTimeoutUser
	case TimeoutFinWait2:
		return numTimeoutFinWait2
	case TimeoutDelayedACK:
		return numTimeoutDelayedACK
	case TimeoutPersist:
		return numTimeoutPersist
	case TimeoutKeepalive:
		return numTimeoutKeepalive
	case TimeoutKeepaliveOver:
		return numTimeoutKeepaliveOver
	case RcvICMPHard:
		return numRcvICMPHard
	case RcvICMPSoft:
		return numRcvICMPSoft
	case RcvNoRoom:
		return numRcvNoRoom
	case RcvACKOfFINAbort:
		return numRcvACKOfFINAbort
	case RcvDropped:
		return numRcvDropped
	case RcvOverflowAbort:
		return numRcvOverflowAbort
	case RcvSYNCookie:
		return numRcvSYNCookie
	}
	return numEvent
}
