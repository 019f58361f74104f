// What does HAProxy do with each connection and request? One file, for 2.6 (Debian 12) and 3.0 (Amazon Linux 2023)
// alike. Everything that decides by changing facts lies in maps, which the control plane changes while it runs.

import { edgeHeaders, INTERACTION_HEADER } from '../../core/edge-identity.ts';
import { type EdgeConfig, type EdgeLimits, files } from '../config.ts';
import { answerRule, ownAnswers } from './answers.ts';

/** Identity headers in every spelling, and what steers API Gateway or the next hop. Single quotes around it. */
const strippedHeaders = [
  '^(x[-_]edge|client[-_]cert|x[-_]ssl|x[-_]client|x[-_]forwarded|x[-_]amzn?)([-_]|$)',
  '^(forwarded|x[-_]real[-_]ip|x[-_]apigw[-_]api[-_]id|x[-_]fapi[-_]interaction[-_]id)$',
  '^x[-_](http[-_])?method([-_]override)?$',
  '^shinkansen(_api[-_]|-api_)key$',
  // What Connection names is dropped by the next hop: nobody outside may name a header of ours.
  '^(connection|keep[-_]alive|proxy[-_]connection|te|trailer|upgrade|http2[-_]settings)$',
  // HAProxy frames by the spelling with a hyphen alone.
  '^(transfer_encoding|content_length)$',
];

/** They answer whoever asks, however it is spelt: a key that comes with such a request was looked at by nobody. */
export const keylessPaths = ['/v1/status'];

/** Two decoders could disagree about each of these. */
const ambiguousTarget = '(%2f|%5c|%00|[\\\\#]|//|/(\\.|%2e){1,2}(/|\\?|$)|[^!-~])';

/** More, each one short, would cost each of our rules on headers. */
const mostHeaders = 100;

const aead = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export function haproxyCfg(config: EdgeConfig): string {
  return [
    globalSection(config),
    ...(config.proxyProtocolFrom.length > 0 ? [door(config)] : []),
    errorSection(config),
    tables,
    edgeFrontend(config),
    apiBackend(config),
    health(config),
  ].join('\n');
}

export function crtList({ names, runFolder }: EdgeConfig): string {
  const at = (file: string): string => `${runFolder}/${file}`;
  return names
    .map(({ host, clientCertificate }) => {
      const asks =
        clientCertificate === 'none'
          ? 'verify none'
          : `ca-file ${at(files.trust)} crl-file ${at(files.lists)} verify ${clientCertificate}`;
      return `${at(files.certificate(host))} [${asks} alpn http/1.1] ${host}\n`;
    })
    .join('');
}

function globalSection({ runFolder, limits, threads, proxyProtocolFrom: nlb }: EdgeConfig): string {
  // Behind a load balancer each client has a place at the door and one at the edge; no crowd has those of the health
  // check and of the control plane.
  const places = (nlb.length > 0 ? 2 : 1) * limits.connections + 100;
  return `global
  maxconn ${places}
  nbthread ${threads}
  # With the defaults, headers that we add to a request of 12 kB or more in one write end in 500.
  tune.bufsize 32768
  tune.maxrewrite 8192
  # Of itself HAProxy answers 101 headers in HTML; as many as fit into its buffer, our own limit answers.
  tune.http.maxhdr 4096
  stats socket ${runFolder}/${files.socket} mode 600 level admin expose-fd listeners
  stats timeout 1m
  hard-stop-after 60s
  log stdout format raw local0
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-bind-ciphers ${aead}
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-server-options ssl-min-ver TLSv1.2
`;
}

function errorSection({ runFolder }: EdgeConfig): string {
  const lines = ownAnswers.map(({ status }) => `  errorfile ${status} ${runFolder}/${status}.http`);
  return `defaults
  mode http
  log global
  option dontlognull
  # Who says nothing in time hears nothing; of itself HAProxy answers 408 in HTML.
  option http-ignore-probes
  # A process that leaves answers what comes on its connections before it closes them.
  option idle-close-on-response
${lines.join('\n')}
  timeout connect 3s
  timeout client 30s
  # A refused certificate's idle connections end within this, a running exchange within the two above and below.
  timeout http-keep-alive 30s
  timeout http-request 10s
  timeout server 35s
`;
}

/**
 * Who connects through a load balancer is known from its PROXY header alone, and HAProxy has no rule between that and
 * TLS: so a door before the edge reads it, turns away who has had his share before a signature of the HSM is spent on
 * him, and waits for a ClientHello, so that who says nothing holds nothing of the edge.
 */
function door({ listen, proxyProtocolFrom: nlb, limits, runFolder }: EdgeConfig): string {
  return `backend connections
  stick-table type ipv6 size 100k expire 2m store conn_cur,conn_rate(10s)

frontend door
  mode tcp
  bind ${listen}
  maxconn ${limits.connections}
  # Longer than the edge's own, which decides.
  timeout client 65s
${proxyProtocol(nlb)}${sourceLimits('session', 'connections', limits)}  tcp-request inspect-delay 5s
  tcp-request content accept if { req.ssl_hello_type 1 }
  tcp-request content reject
  default_backend behind

backend behind
  mode tcp
  timeout connect 3s
  timeout server 65s
  server edge unix@${runFolder}/${files.edgeSocket} send-proxy-v2
`;
}

/** Before TLS: a handshake is what costs. */
function sourceLimits(when: 'connection' | 'session', table: string, limits: EdgeLimits): string {
  return `  tcp-request ${when} track-sc0 src table ${table}
  tcp-request ${when} reject if { sc_conn_cur(0) gt ${limits.openConnections} }
  tcp-request ${when} reject if { sc_conn_rate(0) gt ${limits.newConnections} }
`;
}

const tables = `backend sources
  stick-table type ipv6 size 100k expire 2m store gpc0_rate(60s),conn_cur,conn_rate(10s),http_req_rate(10s)

backend known_keys
  stick-table type string len 44 size 100k expire 10m store gpc0

backend seen_clients
  stick-table type string len 44 size 100k expire 10m store gpc0
`;

function edgeFrontend(config: EdgeConfig): string {
  return [listens(config), whoItIs(config), whatIsAsked(config), whatGoesOn(config)].join('\n');
}

/** Where it listens, and what it says of handshakes and requests. */
function listens(config: EdgeConfig): string {
  const { runFolder, limits, proxyProtocolFrom: nlb } = config;
  const map = (file: string): string => `${runFolder}/${file}`;
  const [place, sources] =
    nlb.length === 0
      ? [config.listen, `  maxconn ${limits.connections}\n${sourceLimits('connection', 'sources', limits)}`]
      : [
          `unix@${map(files.edgeSocket)} mode 600 accept-proxy`,
          '  tcp-request session track-sc0 src table sources\n',
        ];
  return `frontend edge
  # A list that is late (12), or from a clock ahead of ours (11), is the map's and the node's matter: it must not lock
  # everybody out.
  bind ${place} ssl crt-list ${map(files.crtList)} strict-sni crt-ignore-err 11,12 ca-ignore-err 11,12
  # Without being asked for, HTTP/2 would be spoken all the same: bodies without a length, past every cap.
  option disable-h2-upgrade
${sources}  # A handshake that fails: the alert that the client was given stands in OpenSSL's reason.
  error-log-format '{"code":"EDGE_HANDSHAKE_FAILED","at":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","source":"%ci","reason":"%[fc_err_str]","tls":"%[ssl_fc_err_str]"}'
  # No header of the edge, no query and no API key is ever logged (S30).
  log-format '{"code":"EDGE_REQUEST","at":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","source":"%ci","method":"%HM","path":"%[var(txn.path)]","status":%ST,"milliseconds":%Ta,"bytes":%B,"end":"%tsc","tls":"%sslv","interactionId":"%[var(txn.interaction)]"}'
  http-request set-var(txn.path) path,json(utf8s)
  http-request set-var(txn.interaction) uuid()
  acl one_interaction req.fhdr_cnt(${INTERACTION_HEADER}) eq 1
  acl uuid_interaction req.fhdr(${INTERACTION_HEADER}) -m reg -i ^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$
  http-request set-var(txn.interaction) req.fhdr(${INTERACTION_HEADER}) if one_interaction uuid_interaction
`;
}

function whoItIs({ runFolder }: EdgeConfig): string {
  return `  # Who is it? The certificate of this session, resumed or not, asked again at each request.
  http-request set-var(txn.client) str(none)
  http-request set-var(txn.client) ssl_c_der,sha2(256),ub64enc if { ssl_c_used } { ssl_c_der -m found }
  http-request set-var(txn.now) date,utime(%y%m%d%H%M%SZ)
  acl refused var(txn.client),map_str(${runFolder}/${files.refused}) -m found
  acl expired ssl_c_notafter,strcmp(txn.now) lt 0
  ${answerRule('refused')} hdr connection close if refused
  ${answerRule('refused')} hdr connection close if { ssl_c_used } expired
  http-request track-sc2 var(txn.client) table seen_clients if { ssl_c_used }
`;
}

function whatIsAsked({ limits }: EdgeConfig): string {
  return `  # Is it meant for this name, and can it be read in one way only?
  http-request set-var(txn.sni) ssl_fc_sni,lower
  acl right_host req.fhdr(host),lower,field(1,:),strcmp(txn.sni) eq 0
  acl one_host req.fhdr_cnt(host) eq 1
  acl plain_host req.fhdr(host) -m reg ^[^:]+(:[0-9]*)?$
  ${answerRule('headersTooLarge')} if { req.fhdr_cnt gt ${mostHeaders} }
  ${answerRule('misdirected')} if !right_host or !one_host or !plain_host or !{ url -m beg / }
  ${answerRule('ambiguous')} if { url -m reg -i '${ambiguousTarget}' }
  ${answerRule('twoKeys')} if { req.fhdr_cnt(shinkansen-api-key) gt 1 }
  ${answerRule('lengthRequired')} hdr connection close if { req.fhdr(transfer-encoding) -m found }
  acl node_message path /v1/node/messages
  # A number is held in 32 bits: what has more digits than any cap is too large whatever it comes to.
  ${answerRule('bodyTooLarge')} if { req.fhdr(content-length) -m reg [0-9]{9} }
  ${answerRule('bodyTooLarge')} if { req.hdr_val(content-length) gt ${limits.bodyBytes} } !node_message
  ${answerRule('bodyTooLarge')} if { req.hdr_val(content-length) gt ${limits.nodeBodyBytes} }
  ${answerRule('tooMany')} if { sc_http_req_rate(0) gt ${limits.requests} }
  http-request set-var(txn.api_key) str(none)
  http-request set-var(txn.api_key) req.fhdr(shinkansen-api-key),sha2(256),ub64enc if { req.fhdr(shinkansen-api-key) -m found }
  http-request set-var(txn.keyless) bool(true) if { path,url_dec -m beg ${keylessPaths.join(' ')} }
  acl known_key var(txn.api_key),table_gpc0(known_keys) gt 0
  ${answerRule('tooMany')} if { sc_gpc0_rate(0) gt ${limits.refusedKeys} } !known_key
`;
}

/** What the node is given, whose headers from outside are gone; and who answered well. */
function whatGoesOn(config: EdgeConfig): string {
  return `  # Delete before setting.
  # One expression for all: each one costs a look at every header of every request.
  http-request del-header '${strippedHeaders.map((pattern) => `(${pattern})`).join('|')}' -m reg
  http-request del-header authorization if { req.fhdr(authorization) -m beg -i AWS4- }
${identityRules(config)}
  http-request set-var(txn.target_bytes) url,length,add(32)
  ${answerRule('headersTooLarge')} if { req.hdrs,length,add(txn.target_bytes) gt ${config.limits.headerBytes} }

  http-response sc-inc-gpc0(0) if { status 401 403 }
  acl no_key var(txn.api_key) -m str none
  acl keyless var(txn.keyless) -m found
  http-response track-sc1 var(txn.api_key) table known_keys if { status 200:299 } !no_key !keyless
  http-response sc-inc-gpc0(1) if { status 200:299 } !no_key !keyless
  default_backend api
`;
}

/** As core/edge-identity.ts verifies it: the newline-joined fields under the newest key, `id:base64` in a map. */
function identityRules({ api, runFolder, shiftedTime }: EdgeConfig): string {
  const key = `str(key),map_str(${runFolder}/${files.macKey})`;
  const set: readonly (readonly [string, string])[] = [
    [INTERACTION_HEADER, '%[var(txn.interaction)]'],
    [edgeHeaders.client, '%[var(txn.client)]'],
    [edgeHeaders.target, '%[url]'],
    [edgeHeaders.time, '%[var(txn.time)]'],
    [edgeHeaders.key, '%[var(txn.key_id)]'],
    [edgeHeaders.mac, '%[var(txn.mac_input),hmac(sha256,txn.key),ub64enc]'],
  ];
  const offset = `str(seconds),map_str_int(${runFolder}/${files.timeOffset},0)`;
  const time = shiftedTime
    ? `  http-request set-var(txn.offset) ${offset}\n  http-request set-var(txn.time) date,add(txn.offset)`
    : '  http-request set-var(txn.time) date';
  const variables = ['key_id', 'time'].map((name) => `%[var(txn.${name})]`).join('\\n');
  const rest = ['interaction', 'client', 'api_key'].map((name) => `%[var(txn.${name})]`).join('\\n');
  return `  http-request set-var(txn.key_id) ${key},field(1,:)
  http-request set-var(txn.key) ${key},field(2,:)
${time}
  http-request set-header host ${api.host}
  http-request set-var-fmt(txn.mac_input) "${variables}\\n%[method]\\n${api.host}\\n%[url]\\n${rest}"
${set.map(([name, value]) => `  http-request set-header ${name} ${value}`).join('\n')}`;
}

function proxyProtocol(cidrs: readonly string[]): string {
  return `  tcp-request connection reject if !{ src ${cidrs.join(' ')} }
  tcp-request connection expect-proxy layer4
`;
}

function apiBackend({ api }: EdgeConfig): string {
  const tls = api.caFile
    ? ` ssl verify required ca-file ${api.caFile} sni str(${api.host}) verifyhost ${api.host} alpn http/1.1 resolvers system init-addr last,libc,none`
    : '';
  const resolvers = api.caFile ? 'resolvers system\n  parse-resolv-conf\n  hold valid 10s\n\n' : '';
  return `${resolvers}backend api
  # A connection that two clients share could be desynchronised by one for the other (S30).
  http-reuse never
  server api ${api.address}${tls}
`;
}

/** Ready until a moment that the control plane moves on: when it dies, the edge stops being ready by itself. */
function health({ healthListen, proxyProtocolFrom, runFolder }: EdgeConfig): string {
  return `frontend health
  bind ${healthListen}
${proxyProtocolFrom.length === 0 ? '' : proxyProtocol(proxyProtocolFrom)}  option dontlog-normal
  http-request set-var(txn.until) str(until),map_str_int(${runFolder}/${files.ready})
  acl ready date,neg,add(txn.until) gt 0
  http-request return status 200 content-type text/plain string ready if ready
  http-request return status 503 content-type text/plain string not-ready
`;
}
