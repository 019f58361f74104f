// How does the console look beyond the pages' common style? Navigation beside content, numbers in line, tables that
// become cards on a phone. Appended to the one stylesheet.

export const consoleStyle = `
body:has(.console){min-height:100vh;display:flex;flex-direction:column}
.console{display:grid;grid-template-columns:248px minmax(0,1fr);flex:1}
.console nav.side{border-right:1px solid var(--line);padding:20px 12px}
.side ul{list-style:none;margin:0;padding:0}
.side h2{font-size:14px;font-weight:400;color:var(--muted);margin:24px 12px 4px}
.side a{display:flex;justify-content:space-between;gap:8px;padding:6px 12px;border-radius:6px;color:var(--ink);text-decoration:none;font-size:15px;line-height:1.6}
.side a:hover{background:var(--hover)}
.side a[aria-current]{background:var(--hover);font-weight:650}
.side .count{align-self:center;min-width:24px;padding:0 7px;border-radius:99px;text-align:center;background:var(--warn-back);color:var(--warn);font-size:14px;font-variant-numeric:tabular-nums;font-weight:650}
.menu{display:none}
.live{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 8px;margin:-12px 0 20px;font-size:14px;color:var(--muted)}
.live button{font-size:14px;min-height:24px;padding:0 4px}
.console main{max-width:1180px;width:100%;margin:0;padding:28px 32px 48px}
.console .lead{margin-bottom:20px}
.top .who{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;justify-content:flex-end;margin:0;text-align:right}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:16px;margin:0 0 28px;padding:0;list-style:none}
.tiles a{display:block;height:100%;padding:14px 18px;background:var(--surface);border:1px solid var(--line);border-radius:6px;color:var(--ink);text-decoration:none}
.tiles a:hover{border-color:var(--edge)}
.tiles b{display:block;font-size:28px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
.tiles span{font-size:15px;color:var(--muted)}
.tiles .warn a{background:var(--warn-back);border-color:var(--warn)}
.tiles .danger a{background:var(--danger-back);border-color:var(--danger)}
.tiles .warn b,.tiles .warn span{color:var(--warn)}
.tiles .danger b,.tiles .danger span{color:var(--danger)}
.filters{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;margin:0 0 16px}
.filters label{display:block;font-size:14px;color:var(--muted)}
.filters .grow{flex:1 1 220px}
.filters input:where(:not([type=hidden])),.filters select{width:100%;max-width:none;min-height:42px;padding:6px 12px;font:inherit;font-size:16px;color:var(--ink);background:var(--surface);border:1px solid var(--edge);border-radius:6px;margin-top:2px}
.filters select{max-width:260px}
.filters button{min-height:42px;padding:6px 18px}
.filters .clear{align-self:center;font-size:15px;padding:4px 0}
table.list{width:100%;border-collapse:separate;border-spacing:0;background:var(--surface);border:1px solid var(--line);border-radius:6px;font-size:15px;margin:0 0 16px}
.list th{font-size:14px;font-weight:400;color:var(--muted);text-align:left;padding:9px 10px;white-space:nowrap}
.list td,.list tbody th{padding:9px 10px;border-top:1px solid var(--line);vertical-align:baseline}
.list :is(td,th):first-child{padding-left:16px}
.list :is(td,th):last-child{padding-right:16px}
.list tbody th{font-size:15px;color:var(--ink);white-space:normal;overflow-wrap:anywhere;min-width:16ch}
.list .state,.list .mono{font-size:14px}
.list .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.list .mono,.list time,.list .state{white-space:nowrap}
.list :is(tbody th .mono,small.mono,.quote){white-space:normal;overflow-wrap:anywhere}
.list small,.list small .mono{overflow-wrap:anywhere;white-space:normal}
.list a{text-decoration-thickness:1px;text-underline-offset:3px}
.list tbody tr:hover{background:var(--hover)}
.list meter{width:100px;height:12px;vertical-align:-1px}
.share{white-space:nowrap}
.list small{display:block;font-size:14px;font-weight:400;color:var(--muted)}
.state{white-space:nowrap}
.state.info{background:var(--info-back);color:var(--info)}
.state.plain{background:var(--hover);color:var(--ink)}
.empty{padding:32px 24px;border:1px dashed var(--edge);border-radius:6px;margin:0 0 24px}
.empty h2{margin:0 0 4px}
.empty p{color:var(--muted);max-width:60ch}
.empty p:last-child{margin:0}
.empty code{display:block;margin-top:4px;color:var(--ink);overflow-wrap:anywhere}
.paging{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;font-size:15px;color:var(--muted)}
.paging a{padding:4px 0}
.timeline{list-style:none;margin:0 0 24px;padding:0;background:var(--surface);border:1px solid var(--line);border-radius:6px}
.timeline li{display:grid;grid-template-columns:28px minmax(0,1fr) max-content;gap:0 14px;padding:10px 18px;align-items:baseline}
.timeline li+li{border-top:1px solid var(--line)}
.timeline .n{display:inline-grid;place-items:center;width:28px;height:28px;border-radius:50%;border:1px solid var(--edge);font-size:14px;font-variant-numeric:tabular-nums;color:var(--muted)}
.timeline .done .n{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.timeline .failed .n{background:var(--danger);border-color:var(--danger);color:var(--paper)}
.timeline .waiting .n{background:var(--warn-back);border-color:var(--warn);color:var(--warn);font-weight:650}
.timeline .waiting{background:var(--warn-back)}
.timeline .waiting p,.timeline .waiting small{color:var(--warn)}
.timeline .ahead p,.timeline .skipped p,.timeline .elsewhere p{color:var(--muted)}
.timeline p{margin:0}
.timeline small{display:block;font-size:15px;color:var(--muted)}
@media (max-width:980px){.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (max-width:1260px){
.console{display:block}
.console nav.side{border-right:0;border-bottom:1px solid var(--line);padding:8px}
.side ul{display:flex;flex-wrap:wrap;gap:2px}
.side h2{display:none}
.side .groups-of{display:flex;flex-wrap:wrap;gap:2px}
.side .groups-of>section,.side .groups-of>section>ul{display:contents}
.side a{padding:5px 10px;font-size:15px;min-height:32px;align-items:center}
}
@media (max-width:980px){
.console main{padding:20px 16px 40px}
.tiles{gap:8px;margin-bottom:20px}
.tiles a{padding:10px 14px}
.tiles b{font-size:24px}
table.list,.list tbody{display:block}
table.list{background:none;border:0}
.list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.list tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:12px 14px;margin-bottom:10px}
.list tbody :is(td,th){display:block;border:0;padding:0!important;text-align:left!important;min-width:0;overflow-wrap:anywhere}
.list tbody th{grid-column:1/-1;font-size:16px;font-weight:650}
.list td:last-child:nth-child(even){grid-column:1/-1}
.list td::before{content:attr(data-name);display:block;color:var(--muted);font-size:14px;font-weight:400;line-height:1.3}
.list :is(.mono,.number,time,.state){white-space:normal}
.console nav.side{padding:0}
.side .groups-of{display:none}
.menu{display:block}
.menu summary{padding:10px 16px;cursor:pointer}
.menu ul,.menu section{display:block}
.menu h2{display:block;margin:12px 16px 2px}
.menu a{padding:8px 16px;min-height:40px}
.menu[open]{padding-bottom:12px}
.timeline li{grid-template-columns:28px minmax(0,1fr);padding:10px 12px}
.timeline .state{grid-column:2;justify-self:start;margin-top:4px}
.filters button{flex:1}
.filters>div{flex:1 1 120px}
.filters .grow{flex-basis:100%}
.filters select{max-width:none}
}
@media (max-width:560px){.top .who button{flex:none}.top .who{order:1;flex:0 0 100%;flex-wrap:nowrap;justify-content:space-between;text-align:left}}
@media print{.console nav.side,.filters,.paging{display:none}.console{display:block}}
`.trim();
