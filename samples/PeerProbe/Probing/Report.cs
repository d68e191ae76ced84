using System.Text.Json;
using System.Text.Json.Nodes;

namespace PeerProbe;

/// <summary>
/// What came of a probe, as text or as one JSON object: what was found, also by one that failed
/// later, and how it failed.
/// </summary>
/// <param name="Probe">The name of the command.</param>
/// <param name="Title">What its peer is.</param>
/// <param name="Peer">Where it is.</param>
/// <param name="Found">
/// Facts in their order. A name says its unit at the end: <c>round_trip_ms</c>.
/// </param>
/// <param name="Failure">What ended it early, if something did.</param>
/// <param name="Took">How long all of it took.</param>
internal sealed record Report(
    string Probe,
    string Title,
    HostPort Peer,
    JsonObject Found,
    ProbeFailure? Failure,
    TimeSpan Took
)
{
    public ExitCode ExitCode => Failure?.Code ?? ExitCode.Ok;

    private double TookMs => Math.Round(Took.TotalMilliseconds, 1);

    public void WriteJson(TextWriter output)
    {
        var all = new JsonObject
        {
            ["probe"] = Probe,
            ["peer"] = Peer.ToString(),
            ["status"] = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{ExitCode}"),
            ["exit_code"] = (int)ExitCode,
            ["found"] = Found,
            ["took_ms"] = TookMs,
        };
        if (Failure is not null)
        {
            all["failure"] = Failure.ToJson();
        }

        output.WriteLine(all.ToJsonString());
    }

    /// <summary>The facts to the one, the failure to the other.</summary>
    public void WriteText(TextWriter output, TextWriter errors)
    {
        if (Failure is null || Found.Count > 0)
        {
            output.WriteLine($"{Title} at {Peer}");
            List<(string Name, string Value)> lines = [.. Found.Select(ToLine)];
            lines.Add(("took", $"{TookMs:0.0} ms"));
            int width = lines.Max(line => line.Name.Length);
            lines.ForEach(line =>
                output.WriteLine($"  {line.Name.PadRight(width)}  {Printable.Text(line.Value)}")
            );
        }

        Failure?.WriteText(errors);
    }

    private static (string Name, string Value) ToLine(KeyValuePair<string, JsonNode?> fact)
    {
        string unit = fact.Key switch
        {
            [.., '_', 'm', 's'] => "_ms",
            [.., '_', 's'] => "_s",
            _ => "",
        };
        string value = fact.Value switch
        {
            JsonArray { Count: 0 } => "none",
            JsonArray many => string.Join(", ", many),
            var one => $"{one}",
        };
        return (fact.Key[..^unit.Length].Replace('_', ' '), value + unit.Replace('_', ' '));
    }
}
