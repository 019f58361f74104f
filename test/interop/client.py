"""What a participant does with the network's official Python client, unmodified: pay, be refused, hear the answers.

Run by .ci/python-client.mjs, which starts a network and enrols the certificate. The base URL, the API key and the
files come as JSON in argv[1]; the CA file comes as REQUESTS_CA_BUNDLE, as the client's own HTTP library reads it.
"""

import datetime
import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from shinkansen import common, jws, payouts, responses

config = json.loads(sys.argv[1])
key = jws.private_key_from_pem_file(config["key_file"])
certificate = jws.certificate_from_pem_file(config["certificate_file"])
network_certificates = [jws.certificate_from_pem_file(name) for name in config["network_certificate_files"]]
me = common.FinancialInstitution(config["participant"])
deliveries = queue.Queue()
checked = 0


def received(body, signature):
    """As the official sample application answers: it knows signed responses, and no challenge of ours."""
    try:
        message = responses.ResponseMessage.from_json(body)
        message.verify(signature, network_certificates, common.SHINKANSEN, me)
    except Exception:
        return 400
    if message.responses:
        deliveries.put((body, signature))
    return 200


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(received(body.decode("utf-8"), self.headers["Shinkansen-JWS-Signature"]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def check(what, holds, found=""):
    global checked
    if not holds:
        print(f"NOT AS IT SHOULD BE: {what}: {found}", flush=True)
        sys.exit(1)
    checked += 1
    print(f"  {what}", flush=True)


def raises(what, error, call):
    try:
        call()
    except error:
        check(what, True)
    else:
        check(what, False, f"no {error.__name__}")


def payout(amount, account=None, creditor="22222222-2", **more):
    bank = common.FinancialInstitution(config["operator"])
    return payouts.PayoutTransaction(
        currency="CLP",
        amount=amount,
        description="Pago a proveedor ñandú",
        debtor=payouts.PayoutDebtor(
            name="Fintech",
            identification=common.PersonId("CLID", config["tax_id"]),
            financial_institution=bank,
            account=account or config["account"],
            account_type=common.CURRENT_ACCOUNT,
            email="pagos@fintech.example",
        ),
        creditor=payouts.PayoutCreditor(
            name="Proveedor Ficticio",
            identification=common.PersonId("CLID", creditor),
            financial_institution=bank,
            account="777",
            account_type=common.CURRENT_ACCOUNT,
            email="cobros@proveedor.example",
        ),
        **more,
    )


def message(*transactions, **header):
    return payouts.PayoutMessage(
        header=payouts.PayoutMessageHeader(sender=me, receiver=common.SHINKANSEN, **header),
        transactions=list(transactions),
    )


def send(one, with_key=key, with_certificate=certificate, api_key=config["api_key"]):
    _, answer = one.sign_and_send(with_key, with_certificate, api_key, config["base_url"])
    return answer


def codes(answer):
    return [error.error_code for error in answer.errors]


def heard(ids):
    """The verified response of each of these network ids; each arrives in a message of its own or together."""
    found = {}
    while set(found) != set(ids):
        body, signature = deliveries.get(timeout=90)
        verified = responses.ResponseMessage.from_json(body)
        verified.verify(signature, network_certificates, common.SHINKANSEN, me)
        for one in verified.responses:
            found[one.shinkansen_transaction_id] = (one, body, signature)
    return found


def stranger():
    its_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(its_key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return its_key, built.sign(its_key, hashes.SHA256())


def run():
    first = message(payout("1500"), payout("2500", reference_number="1234567", tracking_key="AAA123467"))
    answer = send(first)
    ids = {one.transaction_id for one in first.transactions}
    check("200 with the network's id of each transaction", answer.http_status_code == 200, answer)
    check("every id that was sent comes back", set(answer.transaction_ids) == ids, answer)
    found = heard(answer.transaction_ids.values())
    check("both responses verified by the client, and ok", all(one.is_ok() for one, _, _ in found.values()))
    check("each names the participant's own id", {one.transaction_id for one, _, _ in found.values()} == ids)

    body, signature = next(iter(found.values()))[1:]
    tampered = responses.ResponseMessage.from_json(body.replace('"ok"', '"no"', 1))
    raises("a changed response is found out", jws.InvalidSignature,
           lambda: tampered.verify(signature, network_certificates, common.SHINKANSEN, me))
    good = responses.ResponseMessage.from_json(body)
    raises("a response under a certificate that is not listed is found out", jws.CertificateNotWhitelisted,
           lambda: good.verify(signature, [certificate], common.SHINKANSEN, me))
    raises("a response for somebody else is found out", responses.UnexpectedReceiver,
           lambda: good.verify(signature, network_certificates, common.SHINKANSEN, common.FinancialInstitution("X")))

    again = send(first)
    check("409 for the same message under a fresh signature", again.http_status_code == 409, again)
    check("with the original ids", again.transaction_ids == answer.transaction_ids, again)
    loaded = payouts.PayoutMessage.from_json(first.as_json())
    check("409 for the message loaded from its own JSON", send(loaded).http_status_code == 409)
    loaded.transactions[0].amount = "1501"
    reused = send(loaded)
    check("400 for the same ids over another amount, with the reason", codes(reused) == ["MESSAGE_ID_REUSED"], reused)

    bad = message(payout("1.5"), payout("0"), payout("10"))
    refused = send(bad)
    check("400 names each transaction that is wrong", refused.http_status_code == 400 and
          codes(refused) == ["AMOUNT_FRACTION_LOST", "AMOUNT_NOT_POSITIVE"], refused)
    bad.transactions = bad.transactions[2:]
    retried = send(bad)
    check("and burns no id: repaired, the same message is taken", retried.http_status_code == 200, retried)
    over = send(message(payout("6000000")))
    check("400 over the limit of one creditor", "LIMIT_CREDITOR" in codes(over), over)

    forbidden = send(message(payout("10")), api_key="apodera_local_wrong")
    check("403 for a wrong API key, and the client survives it", forbidden.http_status_code == 403, forbidden)
    other = message(payout("10"))
    mixed = other.send(first.signature(key, certificate), config["api_key"], config["base_url"])
    check("400 for the signature of another message", codes(mixed) == ["SIGNATURE_INVALID"], mixed)
    unknown = send(message(payout("10")), *stranger())
    check("400 for a certificate that was never enrolled", codes(unknown) == ["CERTIFICATE_UNKNOWN"], unknown)

    foreign = send(message(payout("10", account=config["foreign_account"])))
    one = heard([*retried.transaction_ids.values(), *foreign.transaction_ids.values()])
    lost = one[next(iter(foreign.transaction_ids.values()))][0]
    check("a payout from somebody else's account comes back as an error, signed", not lost.is_ok() and
          lost.shinkansen_transaction_status == "error" and lost.response_status == "invalid", lost.__dict__)
    print(f"{checked} statements of the official client hold.", flush=True)


server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
# The URL is registered meanwhile.
sys.stdin.readline()
run()
