// The MCP Registry Gateway on Azure: PostgreSQL (TLS required), Redis, Key Vault, a registry for the
// image, Application Insights, and two web apps. Steps and what was not tried: docs/deploy/azure.md.
targetScope = 'resourceGroup'

@description('Begins the names of all resources: 3 to 12 letters and digits.')
@minLength(3)
@maxLength(12)
param prefix string

param location string = resourceGroup().location

@description('The image in the registry that is made here, with its tag.')
param image string = 'mcp-registry-backend:0.1.0'

@description('The Entra ID application whose tokens are accepted, and its tenant.')
param azureClientId string
param azureTenantId string = tenant().tenantId

@description('Origins whose pages may call, separated by commas.')
param corsOrigins string

param databaseAdministrator string = 'mcp_registry'

@secure()
@minLength(16)
@description('Letters and digits only: it becomes a part of an address.')
param databasePassword string

@secure()
@description('What `mcp-registry key new` prints.')
param tokenEncryptionKey string

@secure()
@description('The application secret, for signing in with a browser.')
param azureClientSecret string

var unique = uniqueString(resourceGroup().id, prefix)
var vaultName = '${prefix}-kv-${take(unique, 8)}'
var registryName = '${prefix}acr${take(unique, 8)}'
var apiName = '${prefix}-api-${take(unique, 8)}'
var gatewayName = '${prefix}-mcp-${take(unique, 8)}'
// Built-in roles: Key Vault Secrets User, AcrPull.
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-identity'
  location: location
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: registryName
  location: location
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
  }
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, acrPull)
  scope: registry
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers@2023-12-01-preview' = {
  name: '${prefix}-pg-${take(unique, 8)}'
  location: location
  sku: {
    name: 'Standard_B2s'
    tier: 'Burstable'
  }
  properties: {
    version: '16'
    administratorLogin: databaseAdministrator
    administratorLoginPassword: databasePassword
    storage: {
      storageSizeGB: 32
    }
    backup: {
      backupRetentionDays: 14
      geoRedundantBackup: 'Disabled'
    }
  }

  resource tls 'configurations' = {
    name: 'require_secure_transport'
    properties: {
      value: 'ON'
      source: 'user-override'
    }
  }

  resource registryDatabase 'databases' = {
    name: 'mcp_registry'
    properties: {
      charset: 'UTF8'
      collation: 'en_US.utf8'
    }
  }

  // What runs in Azure reaches it; with a virtual network, a private endpoint is better.
  resource azure 'firewallRules' = {
    name: 'azure'
    properties: {
      startIpAddress: '0.0.0.0'
      endIpAddress: '0.0.0.0'
    }
  }
}

resource redis 'Microsoft.Cache/redis@2023-08-01' = {
  name: '${prefix}-redis-${take(unique, 8)}'
  location: location
  properties: {
    sku: {
      name: 'Basic'
      family: 'C'
      capacity: 0
    }
    enableNonSslPort: false
    minimumTlsVersion: '1.2'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    // The migration takes its address from here when this template is deployed.
    enabledForTemplateDeployment: true
  }

  resource databaseUrl 'secrets' = {
    name: 'database-url'
    properties: {
      value: 'postgres://${databaseAdministrator}:${databasePassword}@${database.properties.fullyQualifiedDomainName}:5432/mcp_registry?sslmode=require'
    }
  }

  resource redisUrl 'secrets' = {
    name: 'redis-url'
    properties: {
      value: 'rediss://${redis.properties.hostName}:${redis.properties.sslPort}'
    }
  }

  resource redisPassword 'secrets' = {
    name: 'redis-password'
    properties: {
      value: redis.listKeys().primaryKey
    }
  }

  resource sealingKey 'secrets' = {
    name: 'token-encryption-key'
    properties: {
      value: tokenEncryptionKey
    }
  }

  resource clientSecret 'secrets' = {
    name: 'azure-client-secret'
    properties: {
      value: azureClientSecret
    }
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${prefix}-logs'
  location: location
  properties: {
    retentionInDays: 30
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${prefix}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
  }
}

resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: '${prefix}-plan'
  location: location
  kind: 'linux'
  sku: {
    name: 'P0v3'
    capacity: 2
  }
  properties: {
    reserved: true
  }
}

// The settings that both web apps have: names and values of docs/SETTINGS.md.
var settings = {
  ENVIRONMENT: 'production'
  AZURE_TENANT_ID: azureTenantId
  AZURE_CLIENT_ID: azureClientId
  CORS_ORIGINS: corsOrigins
  MREG_FASTMCP_BASE_URL: 'https://${gatewayName}.azurewebsites.net'
  MREG_DATA_DIR: '/data'
  MREG_SERVICE_PORT: '8000'
  MREG_FASTMCP_PORT: '8001'
  MREG_AUTO_MIGRATE: 'false'
  MREG_TRACING_ENABLED: 'true'
  DATABASE_URL: '@Microsoft.KeyVault(SecretUri=${vault::databaseUrl.properties.secretUri})'
  MREG_REDIS_URL: '@Microsoft.KeyVault(SecretUri=${vault::redisUrl.properties.secretUri})'
  MREG_REDIS_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vault::redisPassword.properties.secretUri})'
  MREG_TOKEN_ENCRYPTION_KEY: '@Microsoft.KeyVault(SecretUri=${vault::sealingKey.properties.secretUri})'
  AZURE_CLIENT_SECRET: '@Microsoft.KeyVault(SecretUri=${vault::clientSecret.properties.secretUri})'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
}

var halves = [
  {
    name: apiName
    port: '8000'
    program: 'public-api'
  }
  {
    name: gatewayName
    port: '8001'
    program: 'mcp-gateway'
  }
]

resource apps 'Microsoft.Web/sites@2023-12-01' = [for half in halves: {
  name: half.name
  location: location
  kind: 'app,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    siteConfig: {
      linuxFxVersion: 'DOCKER|${registry.properties.loginServer}/${image}'
      appCommandLine: '/usr/local/bin/${half.program} serve'
      acrUseManagedIdentityCreds: true
      acrUserManagedIdentityID: identity.properties.clientId
      alwaysOn: true
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      webSocketsEnabled: true
      healthCheckPath: '/ready'
    }
  }
  dependsOn: [
    mayPull
    mayRead
    migration
  ]
}]

resource appSettings 'Microsoft.Web/sites/config@2023-12-01' = [for (half, index) in halves: {
  parent: apps[index]
  name: 'appsettings'
  properties: union(settings, {
    WEBSITES_PORT: half.port
  })
}]

// The schema, before the programs of this release.
module migration 'migrate.bicep' = {
  name: 'migrate'
  params: {
    name: '${prefix}-migrate'
    location: location
    image: '${registry.properties.loginServer}/${image}'
    registryServer: registry.properties.loginServer
    identityId: identity.id
    azureTenantId: azureTenantId
    azureClientId: azureClientId
    baseUrl: settings.MREG_FASTMCP_BASE_URL
    databaseUrl: vaultAgain.getSecret('database-url')
    tokenEncryptionKey: vaultAgain.getSecret('token-encryption-key')
  }
  dependsOn: [
    mayPull
    vault::databaseUrl
    vault::sealingKey
    database::registryDatabase
    database::azure
  ]
}

// getSecret is for vaults that are there already.
resource vaultAgain 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

output apiUrl string = 'https://${apiName}.azurewebsites.net'
output mcpUrl string = 'https://${gatewayName}.azurewebsites.net/mcp'
output registryServer string = registry.properties.loginServer
