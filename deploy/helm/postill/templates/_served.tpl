{{/* The console and the ingest: a Deployment and its Service. A dict of root, part, port, args, env, grace. */}}
{{- define "postill.served" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .part -}}
{{- $name := printf "%s-%s" (include "postill.fullname" $root) .part -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "postill.labels" (list $root .part) | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "postill.selector" (list $root .part) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "postill.labels" (list $root .part) | nindent 8 }}
      annotations:
        {{- include "postill.podAnnotations" $root | nindent 8 }}
    spec:
      serviceAccountName: {{ include "postill.serviceAccount" $root }}
      terminationGracePeriodSeconds: {{ add .grace 15 }}
      {{- include "postill.pod" (list $root .part (include "postill.fullname" $root)) | nindent 6 }}
      containers:
        - name: {{ .part }}
          image: {{ include "postill.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ concat (list "--config" "/etc/postill/postill.toml") .args | toJson }}
          env:
            {{- range $setting, $value := .env }}
            - name: {{ $setting }}
              value: {{ $value | quote }}
            {{- end }}
            {{- include "postill.secretEnv" (list $root .part) | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ .port }}}
          {{- include "postill.probes" "http" | nindent 10 }}
          securityContext:
            {{- include "postill.containerSecurity" $root | nindent 12 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            {{- include "postill.mounts" $root | nindent 12 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "postill.labels" (list $root .part) | nindent 4 }}
spec:
  type: {{ $values.service.type }}
  selector:
    {{- include "postill.selector" (list $root .part) | nindent 4 }}
  ports:
    - {name: http, port: {{ $values.service.port }}, targetPort: http}
{{- end }}
