package paste

import (
	"strings"

	"fourwave/internal/text"
)

// column is a heading's word and where it stands, in characters.
type column struct {
	name       string
	start, end int
}

// record is what Format-List has shown of a socket so far.
type record struct {
	values map[string]string
	line   int
}

func columnsAt(s string) (all []column) {
	start := -1
	runes := []rune(s + " ")
	for i, r := range runes {
		switch {
		case r != ' ' && r != '\t' && start < 0:
			start = i
		case (r == ' ' || r == '\t') && start >= 0:
			all = append(all, column{strings.ToLower(string(runes[start:i])), start, i})
			start = -1
		}
	}
	return all
}

// csvHeading reads the first line of ConvertTo-Csv.
func (p *parser) csvHeading(s string) bool {
	if !strings.Contains(s, `LocalAddress`) || !strings.Contains(s, ",") {
		return false
	}
	p.columns = nil
	for w := range strings.SplitSeq(s, ",") {
		p.columns = append(p.columns, column{name: strings.ToLower(strings.Trim(w, `" `)), start: -1})
	}
	return true
}

// properties are those of Get-NetTCPConnection and Get-NetUDPEndpoint.
var properties = map[string]bool{
	"localaddress": true, "localport": true, "remoteaddress": true, "remoteport": true, "state": true,
	"appliedsetting": true, "owningprocess": true,
	"creationtime": true, "offloadstate": true, "caption": true, "description": true, "elementname": true,
	"instanceid": true, "communicationstatus": true,
	"detailedstatus": true, "healthstate": true, "installdate": true, "name": true, "operatingstatus": true,
	"operationalstatus": true, "primarystatus": true,
	"status": true, "statusdescriptions": true, "availablerequestedstates": true, "enableddefault": true,
	"enabledstate": true, "otherenabledstate": true,
	"requestedstate": true, "timeoflaststatechange": true, "transitioningtostate": true, "aggregationbehavior": true,
	"directionality": true, "pscomputername": true,
	"cimclass": true, "ciminstanceproperties": true, "cimsystemproperties": true, "processname": true,
}

// property reads a line of Format-List: "LocalPort : 80".
func (p *parser) property(s string) bool {
	key, value, ok := strings.Cut(s, ":")
	key = strings.ToLower(strings.TrimSpace(key))
	if !ok || !properties[key] {
		return false
	}
	if p.record != nil && p.record.values[key] != "" && key == "localaddress" {
		p.flushRecord()
	}
	if p.record == nil {
		p.record = &record{values: make(map[string]string), line: p.table.Lines}
	}
	p.record.values[key] = strings.TrimSpace(value)
	return true
}

// flushRecord makes a row of the record that has been collected.
func (p *parser) flushRecord() {
	rec := p.record
	if p.record = nil; rec == nil {
		return
	}
	r, detail := netConnection(rec.values)
	if detail != "" {
		p.table.NotUnderstood = append(p.table.NotUnderstood, Lost{rec.line, "", detail})
		return
	}
	now := p.table.Lines
	p.table.Lines = rec.line
	_ = p.add([]Row{r}, formatNetTCP) // a list has far fewer rows than MaxRows lines
	p.table.Lines = now
	p.systems[Windows]++
}

// powerShell reads a row of Get-NetTCPConnection, by its heading or by its form.
func (p *parser) powerShell(s string) (rows []Row, format, detail string) {
	var values map[string]string
	f := strings.Fields(s)
	switch {
	case p.columns != nil:
		values = p.valuesOf(s, f)
	case len(f) >= 5:
		if _, ok := readHost(f[0], 4); !ok || !isNumber(f[1]) || !isNumber(f[3]) || isNumber(f[0]) || isNumber(f[2]) {
			return nil, "", ""
		}
		if _, ok := stateOf(f[4]); !ok {
			return nil, "", ""
		}
		values = map[string]string{"localaddress": f[0], "localport": f[1], "remoteaddress": f[2], "remoteport": f[3],
			"state": f[4], "owningprocess": f[len(f)-1]}
	}
	if values == nil {
		return nil, "", ""
	}
	r, detail := netConnection(values)
	if detail != "" {
		return nil, "", detail
	}
	p.systems[Windows]++
	return []Row{r}, formatNetTCP, ""
}

func isNumber(s string) bool { _, ok := number(s); return ok }

// valuesOf finds the column of each word: by their number, or by where they stand, since a column
// may be empty.
func (p *parser) valuesOf(s string, f []string) map[string]string {
	values := make(map[string]string)
	if p.columns[0].start < 0 {
		f = strings.Split(s, ",")
		if len(f) != len(p.columns) {
			return nil
		}
	}
	if len(f) == len(p.columns) {
		for i, c := range p.columns {
			values[c.name] = strings.Trim(f[i], `" `)
		}
		return values
	}
	if len(f) < 2 || len(f) > len(p.columns) {
		return nil
	}
	for _, w := range columnsAt(s) { // the words keep their case in f
		best, most := -1, 0
		for i, c := range p.columns {
			end := 1 << 20
			if i+1 < len(p.columns) {
				end = p.columns[i+1].start
			}
			if overlap := min(w.end, end) - max(w.start, c.start); overlap > most {
				best, most = i, overlap
			}
		}
		if best < 0 {
			return nil
		}
		values[p.columns[best].name] = w.name
	}
	return values
}

// netConnection makes a row of the values of a socket's properties.
func netConnection(v map[string]string) (r Row, detail string) {
	r = Row{Protocol: "tcp", RecvQ: -1, SendQ: -1}
	if v["localaddress"] == "" || v["localport"] == "" {
		return r, "the local address or port is missing"
	}
	var ok bool
	if r.Local, ok = endpoint(v["localaddress"]+":"+v["localport"], ":", familyByText(v["localaddress"]+":")); !ok {
		return r, "the local address cannot be read: " + text.Clip(v["localaddress"], 80)
	}
	if v["remoteaddress"] != "" {
		if r.Remote, ok = endpoint(v["remoteaddress"]+":"+v["remoteport"], ":", r.Family); !ok {
			return r, "the remote address cannot be read: " + text.Clip(v["remoteaddress"], 80)
		}
	}
	if word, told := v["state"]; told {
		if r.State, ok = stateOf(word); !ok {
			return r, "no state is known by the word " + text.Clip(word, 40)
		}
	} else if _, told := v["remoteport"]; !told {
		r.Protocol = "udp"
	}
	r.PID, _ = number(v["owningprocess"])
	r.Process = cleanName(v["processname"])
	r.Family = familyOf(0, r.Local)
	return r, ""
}
