// From openapi.yaml by `npm run generate`.

export const routes = [
  {
    "method": "POST",
    "path": "/v1/certificates",
    "operationId": "enrolCertificate",
    "function": "AdmitEnrolmentFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "possession",
      "when": [
        {
          "parameter": "replaces",
          "least": "signature"
        }
      ]
    },
    "edgeCertificate": "never"
  },
  {
    "method": "GET",
    "path": "/v1/certificates",
    "operationId": "listCertificates",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/certificates/disable",
    "operationId": "disableCertificates",
    "function": "DisableCertificateFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey",
      "when": [
        {
          "parameter": "all",
          "least": "signature",
          "otherwise": "suspends"
        }
      ]
    },
    "edgeCertificate": "never"
  },
  {
    "method": "GET",
    "path": "/v1/certificates/{thumbprint}",
    "operationId": "showCertificate",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/certificates/{thumbprint}/disable",
    "operationId": "disableCertificate",
    "function": "DisableCertificateFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "never"
  },
  {
    "method": "GET",
    "path": "/v1/enrolments/{enrolment_id}",
    "operationId": "showEnrolment",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/enrolments/{enrolment_id}/withdraw",
    "operationId": "withdrawEnrolment",
    "function": "WithdrawEnrolmentFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "signature"
    },
    "edgeCertificate": "never"
  },
  {
    "method": "GET",
    "path": "/v1/network/certificates",
    "operationId": "listNetworkCertificates",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "GET",
    "path": "/v1/payout-operators/{fin_id}/certificates",
    "operationId": "listOperatorCertificates",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/api-keys/renew",
    "operationId": "renewApiKey",
    "function": "RenewApiKeyFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "signature"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/webhooks",
    "operationId": "registerWebhook",
    "function": "RegisterWebhookFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "signature"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "GET",
    "path": "/v1/webhooks",
    "operationId": "listWebhooks",
    "function": "RegisterWebhookFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/messages/payouts",
    "operationId": "sendPayouts",
    "function": "AdmitPayoutFunction",
    "roles": [
      "network"
    ],
    "proof": {
      "least": "signature",
      "refusedWith": 400
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "GET",
    "path": "/v1/payouts",
    "operationId": "listPayouts",
    "function": "ReadPayoutsFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "GET",
    "path": "/v1/payouts/{id}",
    "operationId": "showPayout",
    "function": "ReadPayoutsFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "apiKey"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "POST",
    "path": "/v1/node/messages",
    "operationId": "receiveNodeMessage",
    "function": "ReceiveNodeMessageFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "nodeSignature"
    },
    "edgeCertificate": "ifSet"
  },
  {
    "method": "GET",
    "path": "/v1/status",
    "operationId": "showStatus",
    "function": "ReadCertificatesFunction",
    "roles": [
      "network",
      "payoutOperator"
    ],
    "proof": {
      "least": "none"
    },
    "edgeCertificate": "never"
  }
] as const;
