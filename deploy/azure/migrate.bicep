// Brings the schema up to date, once, in a container that ends.
param name string
param location string
param image string
param registryServer string
param identityId string
param azureTenantId string
param azureClientId string
param baseUrl string

@secure()
param databaseUrl string

@secure()
param tokenEncryptionKey string

resource job 'Microsoft.ContainerInstance/containerGroups@2023-05-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    osType: 'Linux'
    restartPolicy: 'Never'
    imageRegistryCredentials: [
      {
        server: registryServer
        identity: identityId
      }
    ]
    containers: [
      {
        name: 'migrate'
        properties: {
          image: image
          command: [
            '/usr/local/bin/mcp-registry'
            'migrate'
          ]
          environmentVariables: [
            {
              name: 'ENVIRONMENT'
              value: 'production'
            }
            {
              name: 'AZURE_TENANT_ID'
              value: azureTenantId
            }
            {
              name: 'AZURE_CLIENT_ID'
              value: azureClientId
            }
            {
              name: 'MREG_FASTMCP_BASE_URL'
              value: baseUrl
            }
            {
              name: 'DATABASE_URL'
              secureValue: databaseUrl
            }
            {
              name: 'MREG_TOKEN_ENCRYPTION_KEY'
              secureValue: tokenEncryptionKey
            }
          ]
          resources: {
            requests: {
              cpu: 1
              memoryInGB: json('0.5')
            }
          }
        }
      }
    ]
  }
}
