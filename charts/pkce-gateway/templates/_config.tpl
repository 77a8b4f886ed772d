{{/* gateway.yaml with the chart's additions. */}}
{{- define "pkce-gateway.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.tls.secretName }}
{{- $files := dict "cert_file" "/run/secrets/pkce-gateway/tls/tls.crt" "key_file" "/run/secrets/pkce-gateway/tls/tls.key" }}
{{- $_ := set $config "listen" (mergeOverwrite $config.listen (dict "tls" $files)) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* The port of an address: host:port, [IPv6]:port. */}}
{{- define "pkce-gateway.port" -}}
{{- $port := regexFind "[0-9]+$" . }}
{{- if or (not $port) (eq $port "0") }}{{ fail (printf "config: the address %q has no port that a Service could lead to" .) }}{{ end }}
{{- $port }}
{{- end }}
{{- define "pkce-gateway.publicPort" }}{{ include "pkce-gateway.port" .Values.config.listen.address }}{{ end }}
{{- define "pkce-gateway.adminPort" }}{{ include "pkce-gateway.port" .Values.config.admin.address }}{{ end }}

{{/* The scheme of the admin listener: http, or https with `config.admin.tls`. */}}
{{- define "pkce-gateway.adminScheme" }}{{ ternary "https" "http" (hasKey .Values.config.admin "tls") }}{{ end }}

{{/* A duration of gateway.yaml in whole seconds, rounded up. */}}
{{- define "pkce-gateway.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- $unit := regexFind "[a-z]+$" . }}
{{- if eq $unit "ms" }}{{ div (add $number 999) 1000 }}
{{- else }}{{ mul $number (get (dict "s" 1 "m" 60 "h" 3600) $unit) }}{{ end }}
{{- end }}

{{/* The file of the audit stream; empty for any other destination. */}}
{{- define "pkce-gateway.auditFile" -}}
{{- regexFind "^/.*" (dig "audit" "destination" "none" (.Values.config | toYaml | fromYaml) | toString) }}
{{- end }}

{{/* Not empty if that file is in the volume of `auditVolume`. */}}
{{- define "pkce-gateway.needsAuditVolume" -}}
{{- regexFind "^/var/log/pkce-gateway/[^/]+$" (include "pkce-gateway.auditFile" .) }}
{{- end }}

{{/* Checks that no schema can express. */}}
{{- define "pkce-gateway.validate" -}}
{{- if not (or .Values.config.issuers .Values.existingConfigMap) }}
{{- fail "config.issuers is empty: name the authorization server, such as issuers: [{name: corp, upstream: {url: \"https://idp.identity:8443\"}}], or set existingConfigMap" }}
{{- end }}
{{- if and .Values.config.issuers .Values.existingConfigMap }}
{{- fail "existingConfigMap and config.issuers exclude each other" }}
{{- end }}
{{- if and .Values.tls.secretName .Values.existingConfigMap }}
{{- fail "tls.secretName changes config.listen.tls: with existingConfigMap, mount the Secret by secrets.files and name it in the ConfigMap" }}
{{- end }}
{{- $auditFile := include "pkce-gateway.auditFile" . }}
{{- if and $auditFile (not (include "pkce-gateway.needsAuditVolume" .)) (not .Values.extraVolumeMounts) }}
{{- fail (printf "config.audit.destination: the root file system is read-only. Name a file in /var/log/pkce-gateway instead of %s, or mount a volume there with extraVolumes and extraVolumeMounts" $auditFile) }}
{{- end }}
{{- $settings := .Values.config | toYaml | fromYaml }}
{{- $store := dig "store" "kind" "memory" $settings }}
{{- if and (eq $store "sealed") (not (dig "store" "sealed" "keys" list $settings)) }}
{{- fail "config.store.sealed.keys is empty: put a key from `pkce-gateway keygen` into a Secret, name the Secret under secrets.files, such as {sealing: NAME}, and set config.store.sealed to {keys: [{from_file: /run/secrets/pkce-gateway/sealing/KEY}]}" }}
{{- end }}
{{- if and (eq $store "redis") (not (pick (dig "store" "redis" dict $settings) "url" "cluster" "sentinel")) }}
{{- fail "config.store.redis has no address: set url, cluster or sentinel" }}
{{- end }}
{{- $workers := toString (default 1 .Values.config.workers) }}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) (ne $workers "1") }}
{{- if and $several (eq $store "memory") }}
{{- fail "several gateways need a common store: set config.store.kind to redis or sealed, or replicaCount and config.workers to 1 and autoscaling.enabled to false" }}
{{- end }}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" .Values.config.admin.address }}
{{- fail "config.admin.address is a loopback address: the kubelet could not reach /healthz, nor Prometheus /metrics" }}
{{- end }}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" .Values.config.listen.address }}
{{- fail "config.listen.address is a loopback address: nobody could reach the gateway" }}
{{- end }}
{{- if and .Values.tls.secretName (hasKey .Values.config.listen "tls") }}
{{- fail "tls.secretName and config.listen.tls exclude each other" }}
{{- end }}
{{- if and .Values.tls.secretName (hasKey .Values.secrets.files "tls") }}
{{- fail "secrets.files.tls is where tls.secretName is mounted: give it another name" }}
{{- end }}
{{- if not (or .Values.existingConfigMap .Values.extraEnvFrom) }}
{{- $given := keys .Values.secrets.env }}
{{- range .Values.extraEnv }}{{- $given = append $given .name }}{{- end }}
{{- range regexFindAll "\\bfrom_env: [A-Za-z_][A-Za-z0-9_]*" (toYaml .Values.config) -1 }}
{{- $name := trimPrefix "from_env: " . }}
{{- if not (has $name $given) }}
{{- fail (printf "config reads the environment variable %s, which the container does not have: add secrets.env.%s, such as {secret: NAME, key: KEY}" $name $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.hosts is empty: name the host names of the issuers" }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is empty: name the Gateway" }}
{{- end }}
{{- if and .Values.upstreamNetworkPolicy.enabled (not .Values.upstreamNetworkPolicy.podLabels) }}
{{- fail "upstreamNetworkPolicy.podLabels is empty: it would close the whole namespace" }}
{{- end }}
{{- end }}
