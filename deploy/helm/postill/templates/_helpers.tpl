{{- define "postill.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "postill.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "postill.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "postill.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "postill.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "postill.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "postill.fullname" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{/* Labels of one part: (list $ "worker"). */}}
{{- define "postill.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "postill.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "postill.labels" -}}
{{- $root := index . 0 -}}
{{ include "postill.selector" . }}
app.kubernetes.io/version: {{ $root.Values.image.tag | default $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{/* The file. Whoever pastes a key into it is stopped before it lies in a ConfigMap and in the release. */}}
{{- define "postill.toml" -}}
{{- $text := printf "%s\n%s" .Values.settings .Values.policy -}}
{{- if regexMatch "(sk|rk)_(live|test)_|://[^/\\s\"']+:[^/\\s\"']+@|(?m)^\\s*(master_key|master_key_before|token|secret_key|api_key|s3_secret_key|mailgun_signing_key)\\s*=" $text -}}
{{- fail "settings or policy hold a secret: put it into the Secret named by secrets.name, and its key under secrets.keys" -}}
{{- end -}}
{{ $text }}
{{- end }}

{{/* Which secrets a part needs, of those there are: (list $ "worker"). */}}
{{- define "postill.secretsOf" -}}
{{- $root := index . 0 -}}
{{- $needs := dict
  "setup" (list "amqp_url" "database_url")
  "worker" (list "amqp_url" "database_url" "master_key" "master_key_before" "stripe_key" "language_model_api_key")
  "console" (list "database_url" "master_key" "master_key_before" "stripe_key" "language_model_api_key")
  "ingest" (list "amqp_url" "ingest_token" "ingest_mailgun_signing_key" "ingest_s3_secret_key") -}}
{{- $has := list -}}
{{- range index $needs (index . 1) -}}
{{- if hasKey $root.Values.secrets.keys . -}}{{- $has = append $has . -}}{{- end -}}
{{- end -}}
{{ toJson $has }}
{{- end }}

{{- define "postill.secretEnv" -}}
{{- range include "postill.secretsOf" . | fromJsonArray }}
- name: POSTILL_{{ upper . }}_FILE
  value: /run/secrets/postill/{{ . }}
{{- end }}
{{- end }}

{{- define "postill.mounts" -}}
- name: config
  mountPath: /etc/postill
  readOnly: true
- name: secrets
  mountPath: /run/secrets/postill
  readOnly: true
{{- end }}

{{/* (list $ "worker" NAME-OF-CONFIGMAP) */}}
{{- define "postill.volumes" -}}
{{- $root := index . 0 -}}
- name: config
  configMap:
    name: {{ index . 2 }}
- name: secrets
  secret:
    secretName: {{ required "secrets.name: the Secret that holds amqp_url, database_url and master_key" $root.Values.secrets.name }}
    defaultMode: 0440
    items:
      {{- range include "postill.secretsOf" . | fromJsonArray }}
      - key: {{ index $root.Values.secrets.keys . }}
        path: {{ . }}
      {{- end }}
{{- end }}

{{- define "postill.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "postill.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What every pod has besides its containers: (list $ "worker" NAME-OF-CONFIGMAP). */}}
{{- define "postill.pod" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
# A Service named postill would put POSTILL_PORT and the like into the environment, and postill refuses settings it does not know.
enableServiceLinks: false
securityContext:
  {{- include "postill.podSecurity" $root | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- include "postill.volumes" . | nindent 2 }}
{{- end }}

{{/* A change of the policy alone starts nothing anew: workers follow the file. */}}
{{- define "postill.podAnnotations" -}}
checksum/settings: {{ .Values.settings | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Probes by /livez and /readyz at a named port. */}}
{{- define "postill.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
