using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Esn;

/// <summary>A project of this repository as the compiler understands it: which file uses a type of which other file.</summary>
/// <param name="Compilation">Of all files of the project.</param>
/// <param name="Root">The project's folder.</param>
sealed record SourceCode(CSharpCompilation Compilation, string Root)
{
    // What a generator of the SDK writes is not there: partial methods have no body.
    const string PartialMethodWithoutBody = "CS8795";

    // Names to the parser, words to the compiler.
    static readonly string[] WordsWithoutSymbol = ["_", "var", "nameof", "notnull", "unmanaged"];

    const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The project in a folder, compiled against what the running tests are compiled against.</summary>
    /// <param name="folder">Such as src/Reservoir, relative to the repository.</param>
    /// <param name="assembly">Its assembly's name.</param>
    /// <exception cref="InvalidOperationException">It does not compile: what uses what would not be known.</exception>
    public static SourceCode Of(string folder, string assembly)
    {
        string root = Path.Combine(SharedData.Root, folder);
        IEnumerable<string> files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => RoomOf(root, file).Split('/')[0] is not ("bin" or "obj")).Order(StringComparer.Ordinal);
        CSharpCompilation compilation =
            Compile(assembly, OutputKind.ConsoleApplication, files.Select(file => (file, File.ReadAllText(file))));
        // What stands in methods the build has compiled: names that would say nothing here are found where they are used.
        string[] errors = [.. Errors(compilation.GetDeclarationDiagnostics())];
        return errors.Length == 0 ? new SourceCode(compilation, root) : throw new InvalidOperationException(string.Join('\n', errors));
    }

    /// <summary>Texts compiled as one assembly.</summary>
    public static CSharpCompilation Compile(string assembly, OutputKind kind, IEnumerable<(string Path, string Text)> texts)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        IEnumerable<SyntaxTree> trees = texts.Append(("ImplicitUsings.cs", ImplicitUsings))
            .Select(text => CSharpSyntaxTree.ParseText(text.Item2, options, text.Item1));
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => Path.GetFileNameWithoutExtension(file) is var name
                && name != assembly && name != typeof(SourceCode).Assembly.GetName().Name)
            .Select(file => MetadataReference.CreateFromFile(file));
        return CSharpCompilation.Create(assembly, trees, references,
            // Where values may be null is a matter of warnings, which the build gives: a third of the work here.
            new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Annotations));
    }

    /// <summary>What the compiler refuses, as "file(line): what".</summary>
    public static IEnumerable<string> ErrorsOf(CSharpCompilation compilation) => Errors(compilation.GetDiagnostics());

    static IEnumerable<string> Errors(IEnumerable<Diagnostic> diagnostics) => diagnostics
        .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != PartialMethodWithoutBody)
        .Select(diagnostic => diagnostic.ToString());

    /// <summary>All files, relative to the project.</summary>
    public IEnumerable<string> Files => Compilation.SyntaxTrees.Select(tree => tree.FilePath).Where(Path.IsPathRooted).Select(Relative);

    /// <summary>Folders of tests, relative to the repository, that the project has none of the same name for.</summary>
    /// <param name="tests">Such as tests/Reservoir.Tests.</param>
    public IReadOnlyList<string> FoldersWithoutSource(string tests)
    {
        string root = Path.Combine(SharedData.Root, tests);
        return [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => RoomOf(root, file)).Where(room => room.Split('/')[0] is not ("bin" or "obj")).Distinct()
            .Where(room => !Directory.Exists(Path.Combine(Root, room))).Select(room => $"{tests}/{room}").Order(StringComparer.Ordinal)];
    }

    /// <summary>The folder of a file, "." for that of the project.</summary>
    public static string RoomOf(string file) => Path.GetDirectoryName(file)!.Replace('\\', '/') is { Length: > 0 } room ? room : ".";

    static string RoomOf(string root, string file) => RoomOf(Path.GetRelativePath(root, file));

    string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Every use of a type that another file declares: named, made, or through one of its members. Comments do not
    /// count.</summary>
    public IEnumerable<(string File, string Of, string Type)> Uses()
    {
        foreach (SyntaxTree tree in Compilation.SyntaxTrees)
        {
            if (!Path.IsPathRooted(tree.FilePath)) continue;
            SemanticModel model = Compilation.GetSemanticModel(tree);
            IEnumerable<(string, string, string)> uses = tree.GetRoot().DescendantNodes()
                .Where(node => node is SimpleNameSyntax or ImplicitObjectCreationExpressionSyntax)
                .Select(node => SymbolOf(model, node))
                .Select(Outermost)
                .OfType<INamedTypeSymbol>()
                .SelectMany(type => type.Locations.Where(place => place.IsInSource),
                    (type, place) => (type.Name, place.SourceTree!.FilePath))
                .Where(use => use.FilePath != tree.FilePath)
                .Select(use => (Relative(tree.FilePath), Relative(use.FilePath), use.Name))
                .Distinct();
            foreach ((string, string, string) use in uses) yield return use;
        }
    }

    static ISymbol? SymbolOf(SemanticModel model, SyntaxNode node)
    {
        SymbolInfo found = model.GetSymbolInfo(node);
        return found.Symbol is not null || node.Parent is NameEqualsSyntax || WordsWithoutSymbol.Contains(node.ToString())
            ? found.Symbol
            : throw new InvalidOperationException(
                $"{node.GetLocation().GetLineSpan()}: {node} is nothing that is known here ({found.CandidateReason})");
    }

    // The type that a file is named after: of a member, of a nested type, of an instance of a generic one.
    static INamedTypeSymbol? Outermost(ISymbol? symbol)
    {
        if (symbol is IArrayTypeSymbol array) return Outermost(array.ElementType);
        INamedTypeSymbol? type = symbol is INamedTypeSymbol named ? named
            : symbol is ILocalSymbol or IParameterSymbol or null ? null : symbol.ContainingType;
        while (type?.ContainingType is { } outer) type = outer;
        return type?.OriginalDefinition;
    }
}
