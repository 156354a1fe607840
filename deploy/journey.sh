#!/bin/sh
# journey.sh    the journey in containers: the first administrator, if there is none, and then everything as an outside
# client with that administrator's token.
set -eu
administrator=administrator@provider.example
onboarding admin create --name 'Ada Admin' --email "$administrator" --if-none
ALE_ADMIN_TOKEN=$(onboarding token --user "$administrator" --lifetime 86400)
export ALE_ADMIN_TOKEN
exec journey
