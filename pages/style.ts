// How do the pages look? One stylesheet, served under a name that holds its own hash, so that it may be cached for
// ever. Colours are pairs of light and dark whose contrast is tested; no font, image or script is loaded.

import { createHash } from 'node:crypto';
import { consoleStyle } from './console/style.ts';

export const tokens = {
  paper: ['#fbfaf7', '#101216'],
  surface: ['#ffffff', '#181b21'],
  ink: ['#16181d', '#eceae4'],
  muted: ['#565c66', '#a4a9b3'],
  hover: ['#efece4', '#23272f'],
  line: ['#d9d6cf', '#343942'],
  edge: ['#8a8d93', '#747b87'],
  accent: ['#0b5d4e', '#5cc9ae'],
  'on-accent': ['#ffffff', '#06211b'],
  danger: ['#a3261b', '#ff9b8f'],
  'danger-back': ['#fbe9e7', '#3a1916'],
  warn: ['#7a4b00', '#f0c36a'],
  'warn-back': ['#fdf3dc', '#33270d'],
  info: ['#1f4e8c', '#93bdf5'],
  'info-back': ['#e8f0fa', '#14253c'],
  ok: ['#1d6b3a', '#86d6a0'],
  'ok-back': ['#e6f4ea', '#12301c'],
} as const;

const theme = (index: 0 | 1) =>
  Object.entries(tokens)
    .map(([name, pair]) => `--${name}:${pair[index]}`)
    .join(';');

export const stylesheet = `
:root{color-scheme:light dark;${theme(0)}}
@media (prefers-color-scheme:dark){:root{${theme(1)}}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px;top:8px;background:var(--surface);padding:8px 16px}
.skip:focus{left:16px}
.top{display:flex;align-items:center;gap:12px;padding:16px 24px;border-bottom:1px solid var(--line)}
.mark{width:22px;height:22px;flex:none}
.mark rect{fill:var(--accent)}
.mark circle{fill:var(--on-accent)}
.top b{font-weight:650}
.top .part{color:var(--muted)}
.top .end{margin-left:auto;font-size:15px;display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;justify-content:flex-end}
.languages{display:inline-flex;border:1px solid var(--edge);border-radius:6px;overflow:hidden}
.languages a{padding:5px 10px;min-height:32px;color:var(--ink);text-decoration:none;font-variant-numeric:tabular-nums}
.languages a+a{border-left:1px solid var(--edge)}
.languages a:hover{background:var(--hover)}
.languages a[aria-current]{background:var(--accent);color:var(--on-accent);font-weight:650}
.languages a:focus-visible{outline-offset:-3px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
main{max-width:640px;margin:0 auto;padding:40px 24px 64px}
main.wide{max-width:960px}
h1{font-size:30px;line-height:1.2;font-weight:650;margin:0 0 8px;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:20px;line-height:1.3;font-weight:650;margin:40px 0 12px}
p{margin:0 0 16px}
.lead{color:var(--muted);margin:0 0 24px;text-wrap:pretty}
.facts{margin:0 0 24px;background:var(--surface);border:1px solid var(--line);border-radius:6px}
.facts>div{display:grid;grid-template-columns:200px 1fr;gap:4px 16px;padding:12px 20px}
.facts>div+div{border-top:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{margin:0;min-width:0}
.facts small,.small{display:block;font-size:15px;color:var(--muted)}
.quote{display:block;overflow-wrap:anywhere}
q{unicode-bidi:isolate}
p code{overflow-wrap:anywhere}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:15px;font-variant-ligatures:none}
.groups{display:grid;grid-template-columns:repeat(4,max-content);gap:0 10px}
.note{margin:0 0 24px;padding:16px 16px 16px 16px;border-left:4px solid var(--warn);border-radius:0 6px 6px 0;background:var(--warn-back)}
.note b{color:var(--warn)}
.note a{color:inherit}
h1+:is(.note,.problem){margin-top:20px}
.note.info{border-color:var(--info);background:var(--info-back)}
.note.ok{border-color:var(--ok);background:var(--ok-back)}
.note.info b{color:var(--info)}
.note.ok b{color:var(--ok)}
.note p:last-child,.note ul:last-child{margin-bottom:0}
.note ul{margin:8px 0 0;padding-left:20px}
.problem{margin:0 0 24px;padding:16px 20px;border:2px solid var(--danger);border-radius:6px;background:var(--danger-back)}
.problem h2{margin:0 0 4px;color:var(--danger)}
.problem ul{margin:0;padding-left:20px}
.problem p:last-child{margin-bottom:0}
.problem[role=status] a{font-weight:650}
.problem a{color:var(--danger)}
.field{margin:0 0 24px}
.field label,fieldset legend{display:block;font-weight:650;padding:0}
.field label+input{margin-top:6px}
.field .hint{display:block;color:var(--muted);font-size:15px;margin:2px 0 8px}
.field .wrong{display:block;color:var(--danger);font-weight:650;margin:2px 0 8px}
input:where(:not([type=radio],[type=hidden])){display:block;width:100%;max-width:420px;font:inherit;color:var(--ink);background:var(--surface);border:1px solid var(--edge);border-radius:6px;padding:10px 14px;min-height:48px}
input.code{max-width:220px;font:650 22px/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.22em;text-transform:uppercase}
input.digits{max-width:180px;font:650 22px/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.18em}
input.long{max-width:320px}
.field.bad input{border:2px solid var(--danger)}
.other{margin-top:40px;border-top:1px solid var(--line);padding-top:16px}
.other summary{cursor:pointer;font-weight:650;margin-bottom:16px}
h3{font-size:17px;margin:24px 0 8px}
fieldset{border:0;margin:0 0 24px;padding:0;min-width:0}
.choices{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:8px;margin-top:8px}
.choices label{display:flex;align-items:center;gap:10px;min-height:44px;padding:8px 14px;background:var(--surface);border:1px solid var(--line);border-radius:6px;cursor:pointer}
.choices input{width:20px;height:20px;margin:0;accent-color:var(--accent);flex:none}
.choices label:has(input:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
.actions{display:grid;grid-template-columns:1fr 1fr;gap:12px;margin:8px 0 16px}
.actions.one{grid-template-columns:minmax(0,max-content)}
button,.button{display:inline-flex;align-items:center;justify-content:center;text-align:center;font:inherit;font-weight:650;line-height:1.25;min-height:52px;padding:10px 22px;border-radius:6px;border:1px solid var(--accent);background:var(--accent);color:var(--on-accent);cursor:pointer;text-decoration:none}
button.no{background:var(--surface);border-color:var(--danger);color:var(--danger)}
button.second{background:var(--surface);color:var(--accent)}
[hidden]{display:none!important}
form[aria-busy] button{opacity:.6;pointer-events:none}
button.plain{min-height:28px;padding:0;border:0;background:none;color:var(--accent);font-weight:400;text-decoration:underline}
.foot{margin-top:40px;padding-top:16px;border-top:1px solid var(--line);color:var(--muted);font-size:15px}
.foot p{margin:0 0 4px}
.state{display:inline-block;padding:1px 10px;border-radius:13px;font-size:15px;font-weight:650}
.state.ok{background:var(--ok-back);color:var(--ok)}
.state.warn{background:var(--warn-back);color:var(--warn)}
.state.danger{background:var(--danger-back);color:var(--danger)}
.qr{width:216px;height:216px;display:block;background:#fff;border-radius:6px;border:1px solid var(--line);margin:0 0 16px}
.steps{padding-left:20px}
.rows{list-style:none;margin:0 0 24px;padding:0;background:var(--surface);border:1px solid var(--line);border-radius:6px}
.rows>li{padding:14px 20px}
.rows>li+li{border-top:1px solid var(--line)}
.rows .line{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline}
.once{font:650 22px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.06em;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
@media (max-width:560px){
.top{padding:14px 16px;flex-wrap:wrap;gap:8px 12px}
.top .end{display:contents}
.languages{margin-left:auto;font-size:15px}
.top .part{display:none}
main{padding:24px 16px 48px}
h1{font-size:26px}
.facts>div{grid-template-columns:1fr;padding:12px 16px}
.groups{grid-template-columns:repeat(2,max-content)}
.actions{gap:8px}
button,.button{padding:10px 12px}
}
@media (prefers-reduced-motion:no-preference){input,button,.button{transition:outline-offset .1s}}
@media (forced-colors:active){.state,.note{border:1px solid}}
@media print{.actions,.field,fieldset,.skip{display:none}body{background:#fff;color:#000}}
${consoleStyle}
`.trim();

const hash = createHash('sha256').update(stylesheet).digest('hex').slice(0, 16);

/** Path on the pages door; whatever is served there never changes. */
export const stylesheetPath = `/assets/style.${hash}.css`;

/** The mark as an image of its own, for the browser's tab. */
export const markPath = '/assets/mark.svg';
export const markSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22"><rect width="22" height="22" rx="5" fill="#0b5d4e"/><circle cx="13" cy="9" r="3" fill="#fff"/></svg>';
