package paste

import (
	"strings"
	"unicode"
)

// states are the words for each state, in the spelling of RFC 9293: those of ss, of the netstats,
// of lsof, of Get-NetTCPConnection, and their translations. They are compared without case, and
// with _ and - left out.
var states = map[string][]string{
	"LISTEN": {"LISTEN", "LISTENING", "ABHÖREN", "ABHOEREN", "侦听", "监听", "正在监听", "偵聽", "接聽", "聆聽",
		"待ち受け", "リッスン", "수신대기", "À L'ÉCOUTE", "ÉCOUTE", "ECOUTE",
		"ESCUCHANDO", "ESCUCHA", "ESCUTANDO", "OUVINDO", "ASCOLTO", "IN ASCOLTO", "NASŁUCHIWANIE", "NASŁUCH",
		"ПРОСЛУШИВАНИЕ", "СЛУШАЕТ", "LUISTEREN", "LYSSNAR", "LYTTER", "DİNLENİYOR", "DINLENIYOR", "NASLOUCHÁNÍ",
		"NASLOUCHAJÍCÍ"},
	"ESTABLISHED": {"ESTABLISHED", "ESTAB", "VERBUNDEN", "HERGESTELLT", "已建立", "已连接", "已連線", "建立", "確立",
		"接続済み", "설정됨", "연결됨", "ETABLIE", "ÉTABLIE", "ESTABLECIDO", "ESTABLECIDA",
		"ESTABELECIDA", "ESTABELECIDO", "STABILITO", "STABILITA", "USTANOWIONO", "POŁĄCZONE", "УСТАНОВЛЕНО",
		"TOT STAND GEBRACHT", "UPPRÄTTAD", "ETABLERET", "KURULDU", "NAVÁZÁNO", "SPOJENO"},
	"TIME-WAIT": {"TIMEWAIT", "WARTEND", "ZEITWARTEN", "等待", "等待超时", "时间等待", "時間等待", "時間待ち",
		"시간대기", "ATTENTE", "TEMPSATTENTE", "TIEMPODEESPERA", "TIEMPOESPERA", "AGUARDANDO", "TEMPODEESPERA",
		"ATTESATEMPO",
		"OCZEKIWANIE", "CZASOCZEKIWANIA", "ОЖИДАНИЕ"},
	"CLOSE-WAIT": {"CLOSEWAIT", "SCHLIESSENWARTEN", "SCHLIEßENWARTEN", "AUFSCHLIESSENWARTEN", "关闭等待", "等待关闭",
		"關閉等待", "クローズ待ち", "종료대기", "ATTENTEFERMETURE", "FERMETUREATTENTE", "ESPERACIERRE", "CERRARESPERA",
		"FECHARESPERA", "CHIUSURAATTESA", "OCZEKIWANIENAZAMKNIĘCIE", "ОЖИДАНИЕЗАКРЫТИЯ"},
	"SYN-SENT": {"SYNSENT", "SYNGESENDET", "SYN已发送", "SYNENVIADO", "SYNENVOYE", "SYNENVOYÉ", "SYN送信"},
	"SYN-RECEIVED": {"SYNRECV", "SYNRECEIVED", "SYNRCVD", "SYNEMPFANGEN", "NEWSYNRECV", "SYN已接收", "SYNRECIBIDO",
		"SYNRECU", "SYNREÇU", "SYN受信"},
	"FIN-WAIT-1": {"FINWAIT1", "FINWARTEN1", "FIN等待1", "FINESPERA1", "FINATTENTE1", "FINOCZEKIWANIE1"},
	"FIN-WAIT-2": {"FINWAIT2", "FINWARTEN2", "FIN等待2", "FINESPERA2", "FINATTENTE2", "FINOCZEKIWANIE2"},
	"LAST-ACK": {"LASTACK", "LETZTEBESTÄTIGUNG", "LETZTEBESTÄT", "LETZTESACK", "最后确认", "最後確認", "ULTIMOACK",
		"DERNIERACK"},
	"CLOSING": {"CLOSING", "SCHLIESSEND", "SCHLIEßEND", "WIRDGESCHLOSSEN", "正在关闭", "關閉中", "CERRANDO",
		"FERMETURE", "ZAMYKANIE", "終了中"},
	"CLOSED": {"CLOSED", "CLOSE", "GESCHLOSSEN", "已关闭", "關閉", "CERRADO", "FERME", "FERMÉ", "ZAMKNIĘTE",
		"DELETETCB", "DELETE"},
	"BOUND":  {"BOUND", "IDLE"},
	"UNCONN": {"UNCONN"},
}

// stateWords finds a state by its plain spelling.
var stateWords = func() map[string]string {
	all := make(map[string]string)
	for state, words := range states {
		for _, w := range words {
			all[plain(w)] = state
		}
	}
	return all
}()

// plain is a word without case and without what tools put between its parts.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == '-' || r == ' ' || r == '.' || r == '(' || r == ')' || r == '\'':
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}

// stateOf is the state that a word names, in the spelling of RFC 9293.
func stateOf(word string) (string, bool) {
	p := plain(word)
	if s, ok := stateWords[p]; ok {
		return s, true
	}
	// German umlauts that a code page has mangled.
	if strings.HasPrefix(p, "ABH") && strings.HasSuffix(p, "REN") && len([]rune(p)) <= 8 {
		return "LISTEN", true
	}
	return "", false
}

// cleanState leaves the states of protocols without any.
func protocolState(protocol, state string) string {
	if state == "UNCONN" || protocol != "tcp" && state != "ESTABLISHED" {
		return ""
	}
	return state
}

// protocolOf reads a tool's word for a protocol: tcp4, tcp46, udp6, TCPv6. The family is 0 where
// the word does not tell.
func protocolOf(word string) (protocol string, family int, ok bool) {
	w := strings.ToLower(strings.TrimSuffix(word, ":"))
	for _, p := range []string{"tcp", "udplite", "udp", "sctp", "raw", "icmp", "mptcp", "dccp", "divert", "igmp", "icm",
		"ipv", "pim", "vsock", "xdp", "p_raw", "p_dgr", "nl", "tipc"} {
		rest, has := strings.CutPrefix(w, p)
		if !has {
			continue
		}
		switch strings.TrimPrefix(rest, "v") {
		case "":
			family = 0
		case "4":
			family = 4
		case "6", "46", "6(4)", "64":
			family = 6
		default:
			continue
		}
		if p == "mptcp" {
			p = "tcp"
		}
		return p, family, true
	}
	return "", 0, false
}

// headings are words that stand in the headings of these tools, plain; a line most of whose words
// are among them is one.
var headings = func() map[string]bool {
	all := make(map[string]bool)
	for w := range strings.FieldsSeq(`
		State Recv-Q Send-Q Local Address:Port Peer Process Netid Users Timer
		Proto Recv Send Q Foreign Address (state) User Inode PID/Program name Timer Active Internet connections
		(including servers) (only (w/o servers and established
		UNIX domain sockets LOCAL Multipath kernel event control Netgraph RefCnt Flags Type I-Node Path Conn Refs
		Nextref Addr Program PID rhiwat shiwat epid options rxbytes txbytes process:pid gencnt
		COMMAND FD TYPE DEVICE SIZE/OFF NODE NAME TID TASKCMD OFFSET SIZE
		USER PROTO LOCAL ADDRESS FOREIGN ADDRESS PID CREATOR
		sl local_address rem_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode ref
		pointer drops
		LocalAddress LocalPort RemoteAddress RemotePort AppliedSetting OwningProcess CreationTime OffloadState Caption
		Status PSComputerName InstanceID
		Connections Address Lokale Lokal Adresse Remoteadresse Remote Foreign Status Aktive Verbindungen
		Internetverbindungen (Nur (Server stehende und Verbindungen) Zustand Server) ohne Benutzer Programmname Prot
		Typ Sockets in der
		Connexions actives Adresse locale distante État Etat Internet (serveurs établies) seulement) maintenant
		Conexiones activas Dirección local remota Estado Direccion extranjera Protocolo de
		Conexões ativas Endereço externo externa remoto Local estado
		Connessioni attive Indirizzo locale esterno Stato remoto Protocollo
		Aktywne połączenia Protokół Adres lokalny obcy Stan zdalny
		Активные подключения Имя Локальный адрес Внешний Состояние
		Actieve verbindingen Lokaal Extern Extern-adres adres Proto. Lokaal-adres
		Aktiva anslutningar Lokal adress Främmande Fjärradress Tillstånd Aktive forbindelser Ekstern Fremmed Tilstand
		Etkin Bağlantılar İl.Kr. Yerel Adres Yabancı Durum Kr
		Aktivní připojení Místní Cizí adresa Stav Lokal Adress
		活动连接 协议 本地地址 外部地址 状态 使用中連線 使用中的連線 通訊協定 本機位址 外部位址 狀態 アクティブな接続
		プロトコル ローカル アドレス 外部アドレス 状態 활성 연결 프로토콜 로컬 주소 외부 상태 激活Internet连接
		(服务器和已建立连接的) 服务器 本地 地址 远程 用户 进程
		`) {
		all[plain(w)] = true
	}
	return all
}()
