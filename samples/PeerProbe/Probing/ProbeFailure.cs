using System.Text.Json.Nodes;

namespace PeerProbe;

/// <summary>
/// A probe that ended without its answer: what happened, what was kept, what to do.
/// </summary>
internal sealed class ProbeFailure(ExitCode code, string happened, string kept, string advice)
    : Exception(happened)
{
    public ExitCode Code => code;

    public JsonObject ToJson() =>
        new()
        {
            ["happened"] = Message,
            ["kept"] = kept,
            ["try"] = advice,
        };

    public void WriteText(TextWriter output)
    {
        output.WriteLine($"PeerProbe: {Message}");
        output.WriteLine($"     kept: {kept}");
        output.WriteLine($"      try: {advice}");
    }
}
