using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Xunit;

namespace Esn.Tests;

/// <summary>What someone gets who adds the package.</summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_library_packs_with_readme_documentation_and_symbols()
    {
        // …/bin/Release/net10.0/: packed is what these tests ran on.
        string configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("esn-package-");
        try
        {
            await Pack(configuration, folder.FullName);
            using ZipArchive package = await ZipFile.OpenReadAsync(Assert.Single(folder.GetFiles("*.nupkg")).FullName);
            Assert.Contains("new Detector(", await Text(package, "README.md"), StringComparison.Ordinal);
            Assert.Contains("M:Esn.Detector.Step(", await Text(package, "lib/net10.0/Esn.Reservoir.xml"), StringComparison.Ordinal);
            Assert.NotNull(package.GetEntry("lib/net10.0/Esn.Reservoir.dll"));

            XElement metadata = Assert.Single(XDocument.Parse(await Text(package, "Esn.Reservoir.nuspec")).Root!.Elements());
            string Said(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
            Assert.Equal(("Esn.Reservoir", "README.md"), (Said("id"), Said("readme")));
            Assert.StartsWith("Anomaly detection", Said("description"), StringComparison.Ordinal);
            Assert.Equal(["MathNet.Numerics", "System.IO.Hashing", "System.Numerics.Tensors"],
                metadata.Descendants().Where(element => element.Name.LocalName == "dependency")
                    .Select(element => element.Attribute("id")!.Value));

            using ZipArchive symbols = await ZipFile.OpenReadAsync(Assert.Single(folder.GetFiles("*.snupkg")).FullName);
            Assert.NotNull(symbols.GetEntry("lib/net10.0/Esn.Reservoir.pdb"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task Pack(string configuration, string folder)
    {
        string[] arguments = ["pack", Path.Combine(SharedData.Root, "src", "Reservoir"), "-c", configuration,
            "--no-build", "-o", folder, "-nodeReuse:false"];
        using Process pack = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string said = await pack.StandardOutput.ReadToEndAsync();
        await pack.WaitForExitAsync();
        Assert.True(pack.ExitCode == 0, said);
    }

    static async Task<string> Text(ZipArchive package, string name)
    {
        ZipArchiveEntry? entry = package.GetEntry(name);
        Assert.True(entry is not null, $"{name} is missing; there are {string.Join(", ", package.Entries.Select(each => each.FullName))}");
        using var reader = new StreamReader(await entry.OpenAsync());
        return await reader.ReadToEndAsync();
    }
}
