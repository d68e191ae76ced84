using System.Xml.Linq;

namespace BitcoinSock.Mutation;

/// <summary>What the tests reach, from the Cobertura report of a run of them.</summary>
internal static class Coverage
{
    // Of these every line and every branch must be reached.
    private static readonly string[] Whole = ["Operations/", "Frames/", "NetworkError.cs", "Sock."];

    /// <returns>The exit status.</returns>
    public static int Print(string report)
    {
        List<Line> lines =
        [
            .. from file in XDocument.Load(report).Descendants("class")
            let path = Path.GetRelativePath(Library.Folder, FullPath(file)).Replace('\\', '/')
            where !path.StartsWith("obj/", StringComparison.Ordinal)
            from line in file.Element("lines")!.Elements("line")
            group new Line(path, line) by (path, (int)line.Attribute("number")!) into same
            orderby same.Key
            select same.Aggregate((one, other) => one.And(other)),
        ];
        Console.WriteLine($"\n{"reached", -26}{"lines", 16}{"branches", 16}");
        foreach (IGrouping<string, Line> room in lines.GroupBy(line => Mutant.RoomOf(line.Path)))
        {
            PrintRow(room.Key, [.. room]);
        }

        PrintRow("src", lines);
        lines.RemoveAll(line =>
            !Whole.Any(each => line.Path.StartsWith(each, StringComparison.Ordinal))
        );
        List<Accepted.Entry> missed =
        [
            .. lines.Where(line => line.Reached < line.Ways).Select(line => line.Entry()),
        ];
        var accepted = new Accepted();
        List<Accepted.Entry> unaccepted = [.. accepted.NewLines(missed)];
        // Races reach some of them now and then.
        List<Accepted.Entry> stale = [.. accepted.StaleLines(lines.Select(line => line.Entry()))];
        Report.Section("No test reaches all of it:", unaccepted);
        Report.Section($"In {Accepted.File}, but gone:", stale);
        int failed = unaccepted.Count + stale.Count;
        Console.WriteLine($"\n{lines.Count - unaccepted.Count} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static string FullPath(XElement file) =>
        Path.Combine(
            file.Document!.Descendants("source").First().Value,
            file.Attribute("filename")!.Value
        );

    private static void PrintRow(string name, List<Line> lines)
    {
        int reached = lines.Count(line => line.IsReached);
        List<Line> forks = [.. lines.Where(line => line.Ways > 1)];
        int ways = forks.Sum(line => line.Ways);
        int taken = forks.Sum(line => line.Reached);
        Console.WriteLine($"{name, -26}{reached, 9} /{lines.Count, 5}{taken, 9} /{ways, 5}");
    }

    /// <summary>A line, the ways on from it, and how many of them were taken.</summary>
    private sealed record Line(string Path, int Number, bool IsReached, int Reached, int Ways)
    {
        public Line(string path, XElement line)
            : this(path, (int)line.Attribute("number")!, (int)line.Attribute("hits")! > 0, 0, 1)
        {
            // "50% (1/2)"
            string? branches = line.Attribute("condition-coverage")?.Value;
            string[] counts = branches?[(branches.IndexOf('(') + 1)..^1].Split('/') ?? [];
            (Reached, Ways) = counts is [string reached, string ways]
                ? (int.Parse(reached, null), int.Parse(ways, null))
                : (IsReached ? 1 : 0, 1);
        }

        /// <summary>One line may be part of several methods, such as a lambda in another.</summary>
        public Line And(Line other) =>
            this with
            {
                IsReached = IsReached || other.IsReached,
                Reached = Reached + other.Reached,
                Ways = Ways + other.Ways,
            };

        public Accepted.Entry Entry() =>
            new(
                Path,
                File.ReadLines(System.IO.Path.Combine(Library.Folder, Path))
                    .ElementAt(Number - 1)
                    .Trim(),
                null
            );
    }
}
