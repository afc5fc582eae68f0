# SPDX-License-Identifier: ISC
# What the owner does: certificates of requests.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# What a certificate is for: openssl's words for its purposes, and ours. openssl.cnf has the section PROFILE_certificate of each.
declare -A purposes=([client]=sslclient [server]=sslserver [both]='sslclient sslserver')
declare -A purpose_words=([client]='TLS client' [server]='TLS server' [both]='TLS client and server'
	[other]='something other than a TLS client or server')

check_profile() { [ -n "${purposes[$1]-}" ] || usage_error "--profile $1: client, server or both is needed"; }

cmd_sign() {
	local file=${args[0]-} name start end names lines=() profile
	one_argument FILE.req
	[[ $file != -* ]] || file=./$file
	name=${given[--name]:-$(basename -- "$file")}
	[ -n "${given[--name]-}" ] || name=${name%.*}
	check_name "$name" 'or say --name NAME'
	[ -z "${given[--copy-san]-}" ] || [ "${#sans[@]}" -eq 0 ] || usage_error '--copy-san and --san: give one of them'
	profile=${given[--profile]:-${setting[profile]:-client}}
	check_profile "$profile"
	subject=''
	[ -z "${given[--subject]-}" ] || parse_subject "${given[--subject]}"
	read_span $((${setting[days]:-365} * 86400))
	names=$(san_lines) || exit

	begin
	must_be_ca
	read_request "$file"
	must_be_new "$name.cer"
	[ "$profile" = client ] || name_server "$file"
	show_request "$file"
	cut_to_ca
	[ "$profile" = client ] || [ $((end - start)) -le $((825 * 86400)) ] ||
		say 'Note: macOS and iOS refuse certificates of servers that are valid for more than 825 days'
	agree "Sign this as $name.cer, valid from $(iso_time "$start") to $(iso_time "$end")?" 'not signed'
	if [ -n "${given[--copy-san]-}" ]; then
		lines=("subjectAltName = DER:$(san_of "$work/request.cer")")
		[ "${lines[0]}" != 'subjectAltName = DER:' ] || die 'the request asks for no subjectAltName that could be copied'
		names_are_shown || die "'$file' asks for a name that OpenSSL cannot show, so nobody can agree to it: give the names with --san instead of --copy-san"
		check_names "'$file'" "${lines[0]#*DER:}"
	elif [ -n "$names" ]; then
		readarray -t lines <<<"$names"
		lines=('subjectAltName = @kit_names' '[ kit_names ]' "${lines[@]}")
	fi
	get_ca_password
	stage_database
	sign_client "$name" "$profile" "${lines[@]}"
	must_not_be_the_ca 'This would be' x509 "$work/new/$name.cer"
	commit
	tell "Signed: $dir/$name.cer, serial $serial, valid until $(iso_time "$end")"
}

# Clients compare a server's name with subjectAltName alone (RFC 9525 2.1). Without names given, the CN serves if it is one.
name_server() {
	local cn=''
	[ -z "${given[--copy-san]-}" ] && [ "${#sans[@]}" -eq 0 ] || return 0
	if [[ $subject =~ .*[/+]CN=([^/+\\]+)($|[/+]) ]]; then cn=${BASH_REMATCH[1]}
	elif [ -z "$subject" ]; then
		cn=$(openssl req -in "$work/request" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= //p' | tail -n 1)
	fi
	if is_dns_name "$cn"; then sans=("DNS:$cn")
	elif is_ipv4 "$cn" || is_ipv6 "$cn"; then sans=("IP:$cn")
	else
		die "'$1' is to be a server's certificate, and clients look for its name in the subjectAltName: give --san DNS:www.acme.example, or --copy-san"
	fi
	names=$(san_lines) || exit
	names_from='its CN'
}

# Sets start and end from the options; without any of them it lasts as many seconds as are given.
read_span() {
	[ -z "${given[--days]-}" ] || check_days "${given[--days]}" --days
	[ -z "${given[--days]-}" ] || [ -z "${given[--end]-}" ] || usage_error '--days and --end say the same thing: give one of them'
	start=$EPOCHSECONDS
	[ -z "${given[--start]-}" ] || start=$(parse_time "${given[--start]}" --start) || exit
	end=$((start + (given[--days] ? given[--days] * 86400 : $1)))
	[ -z "${given[--end]-}" ] || end=$(parse_time "${given[--end]}" --end) || exit
	[ "$start" -lt "$end" ] || usage_error "it would end before it starts: $(iso_time "$start") to $(iso_time "$end")"
}

# sign_client NAME PROFILE [LINE...]: the certificate, with those further extensions, and the database end up in the staging folder.
sign_client() {
	local file=$work/new/$1.cer section=$2_certificate purpose=${purposes[$2]}
	shift 2
	prepare_config "$section" "$@"
	sign_staged "$section" "$start" "$end" "$file" "$purpose"
	keep_database
	[ -z "${given[--with-ca]-}" ] || is_self_signed "$dir/ca.cer" || openssl x509 -in "$dir/ca.cer" >>"$file" || cannot_write
}

# Whether show_request said what every name is: openssl writes <unsupported> for one that it has no words for, or the bytes of
# the whole extension with dots between.
names_are_shown() {
	[[ $requested_names != *'<unsupported>'* && $requested_names =~ $'\n'\ +(DNS|email|URI|IP\ Address|othername|DirName|Registered\ ID): ]]
}

# The profile that a certificate was signed with, or other. What has no extendedKeyUsage was no work of this kit.
profile_of() {
	local usage
	usage=$(openssl x509 -in "$1" -noout -ext basicConstraints,extendedKeyUsage 2>/dev/null)
	case $usage in
		*CA:TRUE*) printf other ;;
		*'Client Auth'*'Server Auth'* | *'Server Auth'*'Client Auth'*) printf both ;;
		*'Server Auth'*) printf server ;;
		*'Client Auth'*) printf client ;;
		*'Extended Key Usage'*) printf other ;;
		*) printf client ;;
	esac
}

# Signs again what a certificate was signed for: its request, its subject, its subjectAltName, for as long as it lasted.
cmd_renew() {
	local name start end san lines=() old profile
	one_argument 'FILE.cer or NAME'
	name=${given[--name]:-$(basename -- "${args[0]}")}
	[ -n "${given[--name]-}" ] || name=${name%.cer}
	check_name "$name" 'or say --name NAME'
	read_span 86400
	begin
	must_be_ca
	stage_database
	find_certificate "${args[0]}"
	[ -f "$work/certificate" ] || die "the certificate $serial itself is not here: give its file"
	find_row
	[ "$row_status" != R ] || die "the certificate $serial was revoked: $row_revoked"
	profile=$(profile_of "$work/certificate")
	[ "$profile" != other ] ||
		die "the certificate $serial of $row_subject is for ${purpose_words[other]}, and such are not renewed: for an intermediate CA make another ($self init --intermediate)"
	old=$serial
	make_room "$name"
	find_request "$name"
	[ -n "${given[--days]-}${given[--end]-}" ] ||
		end=$((start + $(end_of "$work/certificate") - $(start_of "$work/certificate")))
	cut_to_ca
	san=$(san_of "$work/certificate")
	[ -z "$san" ] || { check_names "'${args[0]}'" "$san"; lines[0]="subjectAltName = DER:$san"; }
	say "The certificate $old" "  of:    $row_subject" "  for:   ${purpose_words[$profile]}" "  until: $row_end"
	agree "Sign its request again as $name.cer, valid from $(iso_time "$start") to $(iso_time "$end")?" 'not signed'
	get_ca_password
	sign_client "$name" "$profile" "${lines[@]}"
	[ "$(hash_of "$work/certificate")" = "$(hash_of "$work/new/$name.cer")" ] || die "the subject of '${args[0]}' cannot be written again"
	commit
	tell "Renewed: $dir/$name.cer, serial $serial, valid until $(iso_time "$end")"
	show_live "$serial"
	tell "The one before is good until its end, or until: $self revoke $old --reason superseded"
}

# NAME.cer gives way when it is the certificate to be renewed, which stays in issued/; no other file does.
make_room() {
	if [ -f "$dir/$1.cer" ] && openssl x509 -in "$dir/$1.cer" 2>/dev/null | cmp -s - "$work/certificate"; then
		[ -f "$dir/issued/$serial.pem" ] || keep_certificate
	else
		must_be_new "$1.cer"
	fi
}
keep_certificate() {
	cp -- "$work/certificate" "$work/new/issued/$serial.pem" && chmod 0644 "$work/new/issued/$serial.pem" || cannot_write
}

# Stages the request that the certificate came of; subject is set when the owner had changed it.
find_request() {
	local file
	for file in "$dir/requests/$serial.req" "$dir/$1.req" ''; do
		[ -z "$file" ] || [ ! -f "$file" ] || break
	done
	[ -n "$file" ] || die "the request of $serial is not here: put it there as $dir/$1.req"
	openssl req -in "$file" -out "$work/request" 2>/dev/null || die "'$file' is no certificate request that can be read"
	[ "$(public_key_of req "$work/request")" = "$(public_key_of x509 "$work/certificate")" ] ||
		die "'$file' holds another key than the certificate: put its own request there, or sign this one ($self sign)"
	subject=''
	[ "$(name_of req "$work/request")" = "$(name_of x509 "$work/certificate")" ] || parse_subject "$(name_of x509 "$work/certificate")"
}
