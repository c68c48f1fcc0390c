using Monitor.Gateway;
using Monitor.Silo;
using Monitor.Silo.Cluster;
using Monitor.Silo.Journals;
using Monitor.Silo.SelfMonitoring;

if (args is [HealthCommand.Name, ..]) return await HealthCommand.RunAsync(args);

return await MonitorHost.RunAsync(() =>
{
    // Settings are read once. To wait for changes of their files would be to watch every folder below the working one.
    var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
    var options = builder.AddMonitorSettings();
    builder.AddMonitorJournal(options);
    builder.AddMonitorCluster(options);
    if (options.IsSilo) builder.AddMonitorSilo(options);
    else builder.AddMonitorClient(options);
    if (options.IsGateway) builder.AddMonitorGateway();
    else builder.AddMonitorHealthServer();
    builder.AddSelfMonitoring(options);

    var app = builder.Build();
    app.UseSelfMonitoring();
    if (options.IsGateway) app.MapMonitorGateway();
    else app.MapMonitorHealth();
    return app;
});
