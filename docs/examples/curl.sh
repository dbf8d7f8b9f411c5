#!/bin/sh
# A whole deployment by the REST API alone, with curl: log in, init, plan, deploy, outputs, destroy.
#
#   API=http://127.0.0.1:8080/api/v1 docs/examples/curl.sh
#
# TEMPLATE (demo) and ORGANIZATION (CompanyA) may be given too. It needs `cloud` (to log in), curl and jq.
set -eu
: "${API:?the address of the API, such as http://127.0.0.1:8080/api/v1}"

# Tokens go by a file that nobody else can read: arguments of programs can be seen by everybody on the machine.
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
log_in() {
    token=$(cloud login --print)
    printf 'Authorization: Bearer %s\n' "$token" > "$folder/authorization"
}

# call METHOD PATH [curl's options]: the answer on stdout; a refusal is shown on stderr and ends the script.
call() {
    method=$1 path=$2
    shift 2
    code=$(curl -sS -X "$method" -H "@$folder/authorization" -H 'Content-Type: application/json' \
        -o "$folder/answer" -w '%{http_code}' "$@" "$API$path")
    case $code in
    2??) cat "$folder/answer" ;;
    *)
        cat "$folder/answer" >&2
        return 1
        ;;
    esac
}

# ended: the operation of the answer on stdin, once it is over; whatever is no success ends the script.
ended() {
    started=$(cat)
    address=$(printf '%s' "$started" | jq -r .status_url)
    path=${address#/api/v1}
    while :; do
        answer=$(call GET "$path")
        status=$(printf '%s' "$answer" | jq -r .status)
        case $status in
        pending | in_progress | cancelling) sleep 2 ;;
        success) return 0 ;;
        *)
            printf '%s\n' "$answer" >&2
            return 1
            ;;
        esac
    done
}

log_in
answer=$(jq -n --arg organization "${ORGANIZATION:-CompanyA}" --arg template "${TEMPLATE:-demo}" '{
    $organization, $template, project: "by-curl", domain: "shop.example",
    environments: {dev: {region: "us-east-1", account_id: "410000000017"}}}' | call POST /deployments/init -d @-)
id=$(printf '%s' "$answer" | jq -r .deployment_id)
echo "deployment $id"

answer=$(call POST "/deployments/$id/plan" -d '{"environment": "dev"}')
printf '%s' "$answer" | ended
operation=$(printf '%s' "$answer" | jq -r .operation_id)
call GET "/deployments/$id/operations/$operation/plan" | jq -r '.stacks[] | "planned    \(.name)"'

answer=$(call POST "/deployments/$id/deploy" -H "Idempotency-Key: first-$id" -d '{"environment": "dev"}')
printf '%s' "$answer" | ended
call GET "/deployments/$id/outputs?environment=dev" | jq -r '.outputs | keys[] | "deployed   \(.)"'

answer=$(call DELETE "/deployments/$id?environment=dev")
printf '%s' "$answer" | ended
echo "destroyed  $id"
