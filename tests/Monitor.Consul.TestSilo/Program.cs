using Microsoft.Extensions.Hosting;
using Monitor.Consul.TestSilo;

// All else, as where Consul is, comes from the arguments: --Orleans:ClusterId test --Orleans:Clustering:ProviderType Consul …
var builder = Host.CreateApplicationBuilder(args);
builder.UseOrleans(silo => silo.ConfigureForTests(int.Parse(args[^2], null), int.Parse(args[^1], null)));
await builder.Build().RunAsync();
