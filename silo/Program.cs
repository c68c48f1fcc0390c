using Monitor.Gateway;
using Monitor.Silo;
using Monitor.Silo.SelfMonitoring;

return await MonitorHost.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddMonitorSettings();
    builder.AddMonitorJournal();
    builder.AddMonitorSilo();
    builder.AddMonitorGateway();
    builder.AddSelfMonitoring();

    var app = builder.Build();
    app.UseSelfMonitoring();
    app.MapMonitorGateway();
    return app;
});
