using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace BitcoinSock.Mutation;

/// <summary>The library, compiled as its project says, with one file changed or none.</summary>
internal sealed class Library
{
    public const string Folder = "src/BitcoinSock";

    private readonly CSharpCompilation _original;

    public Library()
    {
        CSharpCommandLineArguments told = CSharpCommandLineParser.Default.Parse(
            AskCompilerArguments(),
            Path.GetFullPath(Folder),
            sdkDirectory: null
        );
        // What only makes warnings would take half of the time.
        CSharpParseOptions parseOptions = told
            .ParseOptions.WithDocumentationMode(DocumentationMode.None)
            .WithFeatures([new("run-nullable-analysis", "never")]);
        CSharpCompilation original = CSharpCompilation.Create(
            told.CompilationName,
            told.SourceFiles.Select(file => Parse(file.Path, parseOptions)),
            told.MetadataReferences.Select(each =>
                MetadataReference.CreateFromFile(each.Reference, each.Properties)
            ),
            told.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress)
                .WithConcurrentBuild(false)
        );
        ISourceGenerator[] generators =
        [
            .. told
                .AnalyzerReferences.Select(each => new AnalyzerFileReference(
                    each.FilePath,
                    new Loader()
                ))
                .SelectMany(each => each.GetGenerators(LanguageNames.CSharp)),
        ];
        CSharpGeneratorDriver
            .Create(generators, parseOptions: parseOptions)
            .RunGeneratorsAndUpdateCompilation(original, out Compilation whole, out _);
        _original = (CSharpCompilation)whole;
    }

    /// <summary>Every mutant of the files whose paths begin so, in the order of the text.</summary>
    public List<Mutant> Mutants(string[] beginnings) =>
        [
            .. from tree in _original.SyntaxTrees
            let path = Path.GetRelativePath(Folder, tree.FilePath).Replace('\\', '/')
            where !path.StartsWith("..", StringComparison.Ordinal)
            where !path.StartsWith("obj/", StringComparison.Ordinal) && !IsOfWindows(path)
            where
                beginnings.Length == 0
                || beginnings.Any(each => path.StartsWith(each, StringComparison.Ordinal))
            orderby path
            from change in Operators.On(tree.GetRoot()).OrderBy(change => change.Span.Start)
            select new Mutant(path, tree, change.Span, change.Text),
        ];

    /// <summary>The assembly; null if that does not compile.</summary>
    public byte[]? Compile(Mutant? mutant = null)
    {
        CSharpCompilation compilation = _original;
        if (mutant is not null)
        {
            SyntaxTree changed = mutant.Tree.WithChangedText(mutant.Source);
            compilation = compilation.ReplaceSyntaxTree(mutant.Tree, changed);
        }

        var assembly = new MemoryStream();
        return compilation.Emit(assembly).Success ? assembly.ToArray() : null;
    }

    // What runs under Windows only cannot be killed here.
    private static bool IsOfWindows(string path) =>
        path.StartsWith("Platform/Win", StringComparison.Ordinal);

    private static SyntaxTree Parse(string path, CSharpParseOptions options)
    {
        using FileStream file = File.OpenRead(path);
        return CSharpSyntaxTree.ParseText(SourceText.From(file), options, path);
    }

    private static IEnumerable<string> AskCompilerArguments()
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "msbuild",
                Folder,
                "-t:Compile",
                "-p:SkipCompilerExecution=true",
                "-p:ProvideCommandLineArgs=true",
                "-p:NonExistentFile=so-that-it-is-not-skipped",
                "-getItem:CscCommandLineArgs",
            ]
        )
        {
            RedirectStandardOutput = true,
        };
        using Process asked = Process.Start(start)!;
        JsonNode answer = JsonNode.Parse(asked.StandardOutput.ReadToEnd())!;
        asked.WaitForExit();
        return answer["Items"]!["CscCommandLineArgs"]!
            .AsArray()
            .Select(each => (string)each!["Identity"]!);
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath) { }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
