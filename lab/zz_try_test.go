package lab
import ("testing";"os";"fmt")
func TestZZ(t *testing.T){
 b,_:=os.ReadFile(os.Getenv("SCRIPT"))
 ls:=NewLabs(DefaultLimits)
 worlds := []string{"model","model:rfc9293"}
 l,err:=ls.Create(Spec{Script:string(b),Worlds:worlds})
 if err!=nil{t.Fatal(err)}
 <-l.Done()
 s:=l.Snapshot()
 for _,st:=range s.Steps{ fmt.Printf("%3d %-6s %-40s",st.Line,st.Actor,st.Text); for _,w:=range worlds{r:=st.Results[w]; fmt.Printf(" | %-14s %v",r.Result,r.At); for _,x:=range r.Rows{fmt.Printf("\n      %+v",x)}; if r.Why!=nil{fmt.Printf(" [%s]",r.Why.Rule)}}; fmt.Println(" expect",st.Expect,st.Verdict)}
 tr,_:=l.Trace("model"); tr.WriteText(os.Stdout)
 fmt.Printf("%+v %v\n",s.Summary,s.Err)
}
