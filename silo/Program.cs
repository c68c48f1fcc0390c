using Monitor.Gateway;
using Monitor.Silo;
using Monitor.Silo.SelfMonitoring;

var builder = WebApplication.CreateBuilder(args);
builder.AddMonitorSettings();
builder.AddMonitorJournal();
builder.AddMonitorSilo();
builder.AddMonitorGateway();
builder.AddSelfMonitoring();

await using var app = builder.Build();
app.UseSelfMonitoring();
app.MapMonitorGateway();
return await app.RunWithJournalAsync();
